/**
 * Token files that a test looks after, with everything around them that it may change.
 *
 * @module
 */

import { mkdirSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import type { TokenFileEntry } from '@landfast/agent'
import type { AssignedIdentity, Identity } from '@landfast/protocol'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import type { AuditEntry } from '../../packages/agent/src/operation/audit.ts'
import type { AskPolicy } from '../../packages/agent/src/policy/admission.ts'
import { TokenFiles } from '../../packages/agent/src/token-files/token-files.ts'
import { createPausedSource } from '../../packages/agent/src/tokens/paused-source.ts'
import { Tokens } from '../../packages/agent/src/tokens/tokens.ts'
import { FakeClock } from './fake-clock.ts'
import { FakeSource, IDENTITY } from './fake-source.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** What the machine has beside its own identity. */
export const SHOP: AssignedIdentity = {
  clientId: '0b8f1c1e-6a0e-4f0a-9d0c-0000000000b1',
  principalId: '0b8f1c1e-6a0e-4f0a-9d0c-0000000000b2',
  resourceId:
    '/subscriptions/0b8f1c1e-6a0e-4f0a-9d0c-00000000000d/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/shop',
}

/** A folder of token files and one of the agent's state, and what the machine has and is told. */
export class KeptFiles {
  readonly clock = new FakeClock()
  readonly source = new FakeSource()
  readonly folder: string
  readonly stateFolder: string
  readonly audited: AuditEntry[] = []
  readonly counted: string[] = []
  readonly logged: string[] = []
  assigned: readonly AssignedIdentity[] = []
  /** The application, and what proves it. */
  entra: { identity: Identity; exchange?: { resourceId: string } } | undefined
  refusal: { message: string } | undefined
  isAnswered = true
  looks = 0
  policy: AskPolicy | undefined
  #tokens: Tokens | undefined
  #files: TokenFiles | undefined

  constructor() {
    const folder = realpathSync(temporaryFolder())
    this.folder = join(folder, 'tokens')
    this.stateFolder = join(folder, 'state')
    mkdirSync(this.folder, { mode: 0o711 })
  }

  entry(changes: Partial<TokenFileEntry> = {}): TokenFileEntry {
    return { path: join(this.folder, 'aws'), audience: 'x', identity: 'system', mode: 0o600, ...changes }
  }

  /** Starts an agent's token files; an earlier agent of this folder is stopped. */
  async start(...entries: TokenFileEntry[]): Promise<void> {
    await this.stop()
    const { clock, source, stateFolder } = this
    this.#tokens = new Tokens({ source: createPausedSource(source, { clock }), clock })
    this.#files = await TokenFiles.start({
      entries,
      stateFolder,
      clock,
      identities: {
        own: IDENTITY,
        entra: this.entra && { ...this.entra, isControlPlaneAudience: () => false },
        assigned: () => this.assigned,
        refusal: () => this.refusal,
        look: async () => {
          this.looks += 1
          return this.isAnswered
        },
      },
      policy: async (asked) => (await this.policy?.(asked)) ?? { rule: undefined, denial: undefined },
      tokens: this.#tokens,
      audit: {
        write: (entry) => this.audited.push(entry),
        failing: false,
        reopen() {},
        close: async () => {},
      },
      metrics: { tokenFile: (outcome) => this.counted.push(outcome) },
      log: pino({ level: 'info' }, { write: (line: string) => this.logged.push(line) }),
      random: () => 0.5,
    })
    onTestFinished(() => this.stop())
  }

  async look(): Promise<void> {
    await this.#files?.look()
  }

  /** Time passes, and the agent looks. */
  async pass(seconds: number): Promise<void> {
    this.clock.pass(seconds)
    await this.look()
  }

  async stop(): Promise<void> {
    await this.#files?.stop()
  }

  /** The code of each file that was not written, in the order of the entries. */
  get codes(): (string | undefined)[] {
    return this.#files?.standings.map(({ code }) => code) ?? []
  }

  get standings() {
    return this.#files?.standings ?? []
  }

  get ends() {
    return this.#files?.ends ?? []
  }

  read(name = 'aws'): string {
    return readFileSync(join(this.folder, name), 'utf8')
  }
}
