/**
 * The user-assigned identities of a site's machine. Other agents learn of theirs by heartbeats; here who assigns one is in the
 * same process, and the agent knows at once.
 *
 * @module
 */

import type { AgentMembership } from '@landfast/agent'
import type { AssignedIdentity } from '@landfast/protocol'

/** The machine's touch with a control plane that is never away. */
export class AssignedIdentities implements AgentMembership {
  readonly status = { status: 'Connected' } as const
  #identities: readonly AssignedIdentity[] = []
  #events: Parameters<AgentMembership['start']>[0] | undefined

  get identities(): readonly AssignedIdentity[] {
    return this.#identities
  }

  start(events: Parameters<AgentMembership['start']>[0]): void {
    this.#events = events
  }

  async stop(): Promise<void> {
    this.#events = undefined
  }

  /** From now on the machine has these; tokens of others are forgotten. */
  replace(identities: readonly AssignedIdentity[]): void {
    this.#identities = identities
    this.#events?.onIdentities(identities)
  }
}
