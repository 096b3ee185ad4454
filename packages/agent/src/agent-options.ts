/**
 * The options of an agent: its endpoints, its source of tokens, and where it keeps files.
 *
 * @module
 */

import type { AssignedIdentity, Identity } from '@landfast/protocol'
import type { Logger } from '@landfast/server'
import type { FindCaller } from './caller/caller.ts'
import type { KeyFolder } from './challenge/key-folder.ts'
import type { Keys } from './challenge/key-ring.ts'
import type { Clock } from './clock.ts'
import type { EndpointOptions, Intercept, WorkloadEndpointOptions } from './endpoint/endpoint-options.ts'
import type { AgentError } from './errors.ts'
import type { MembershipEvents } from './membership/membership.ts'
import type { PartLook } from './membership/part-look.ts'
import type { Standing } from './metadata/agent-status.ts'
import type { CertifyAttestation } from './metadata/attestation-key.ts'
import type { MachineFacts } from './metadata/machine-facts.ts'
import type { AdminAddress, MetricsAddress } from './operation/admin-server.ts'
import type { TokenFileEntry } from './token-files/token-file-entry.ts'
import type { TokenSource } from './tokens/source.ts'

/** Entra ID as a second authority beside the control plane. */
export interface EntraAuthority {
  /** The application as an identity of this machine. */
  identity: Identity
  /** Closed by the agent when it stops. */
  source: TokenSource
  /** Whether a token for this audience is the machine's own where no identity is selected. */
  isControlPlaneAudience: (audience: string) => boolean
  /** The token by which the application is proven, where a user-assigned identity does it. */
  exchange?: { audience: string; resourceId: string } | undefined
}

/** What an agent is made of. */
export interface AgentOptions {
  endpoints: readonly EndpointOptions[]
  /** One more, for workloads with a network of their own; without it they get nothing. */
  workloads?: WorkloadEndpointOptions | undefined
  /** The machine's own identity; without a control plane the application in Entra ID. */
  identity: Identity
  /** Closed by the agent when it stops. */
  source: TokenSource
  /** An application in Entra ID beside the machine's own identity. */
  entra?: EntraAuthority | undefined
  /** The machine's touch with its control plane, started and stopped with the agent. */
  membership?: AgentMembership | undefined
  /** What documents about the machine tell of it; without it, what its resource id says. */
  facts?: () => MachineFacts
  /** Has the key certified that signs attested documents; without it there are none. */
  certifyAttestation?: CertifyAttestation | undefined
  /** Where the certificate of an endpoint with TLS is kept; without it each start has another. */
  stateFolder?: string
  /** Path of the policy file; without it every caller that passes a style's proof may have every token. */
  policy?: string | undefined
  /** Files that hold tokens, and the folder in which the agent keeps which of them it has written. */
  tokenFiles?: { entries: readonly TokenFileEntry[]; stateFolder: string } | undefined
  /** Path of the audit log; without it no decision is written down. */
  auditLog?: string | undefined
  /** Where health and metrics are; without it nowhere. */
  admin?: AdminAddress | undefined
  /** Where the metrics are for other hosts; without it nowhere. */
  metricsAddress?: MetricsAddress | undefined
  /** How long the agent goes on when it is told to stop, and says that it is not ready. Default: no time. */
  drainSeconds?: number
  log?: Logger
  clock?: Clock
  findCaller?: FindCaller
  /** For measurements: keys of another kind than the ring of key files. */
  createKeys?: (folder: KeyFolder) => Keys
  /** For emulators: stands before every answer of the endpoints. */
  intercept?: Intercept | undefined
  /** Told when the agent had to stop by itself. */
  onFailure?: (error: AgentError) => void
}

/** What an agent needs of the machine's touch with its control plane. */
export interface AgentMembership {
  /** The user-assigned identities of the machine. */
  readonly identities: readonly AssignedIdentity[]
  readonly status: Standing
  /** How its own parts look. */
  readonly looks?: readonly PartLook[]
  /** Asks the control plane how the machine stands now; resolves to whether it answered. Without it nothing more can be known. */
  look?(): Promise<boolean>
  /** Why the control plane refuses the machine, as far as is known or can be learnt at once. */
  refusalNow?(): Promise<{ readonly message: string } | undefined>
  start(events: MembershipEvents): void
  stop(): Promise<void>
}
