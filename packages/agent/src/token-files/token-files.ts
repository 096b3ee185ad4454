/**
 * The token files of the agent: looked after together, and those that the settings name no more removed.
 *
 * @see docs/token-files.md
 * @module
 */

import { randomUUID } from 'node:crypto'
import { dirname } from 'node:path'
import { TOKEN_FILE_STYLE } from '@landfast/protocol'
import type { Logger } from '@landfast/server'
import { createNameService } from '../caller/name-service.ts'
import { TokenFile, type TokenFileStanding } from './token-file.ts'
import type { FileDecision, TokenFileParts, TokenFilesOptions } from './token-file-parts.ts'
import { removeTokenFile, sweepTokenDrafts } from './token-writer.ts'
import { WrittenPaths } from './written-paths.ts'

/** Programs that are started after the agent find their files, unless the first tokens take longer than this. */
const FIRST_WITHIN_MS = 5000

/** Files that are looked after. */
export class TokenFiles {
  readonly #files: readonly TokenFile[]
  readonly #written: WrittenPaths
  readonly #log: Logger
  /** Files to be removed that could not be, and why. */
  readonly #leftovers = new Map<string, string>()
  #isStopped = false
  #looking: Promise<unknown> = Promise.resolve()

  private constructor(options: TokenFilesOptions, written: WrittenPaths) {
    const { names = createNameService(), random = Math.random, audit, log } = options
    this.#written = written
    this.#log = log
    const parts: TokenFileParts = {
      ...options,
      ...{ names, random, written },
      decisions: { write: (decision) => audit?.write(auditEntry(decision, options)) },
      remove: (path) => this.#remove(path),
      isStopped: () => this.#isStopped,
    }
    this.#files = options.entries.map((entry) => new TokenFile(entry, parts))
  }

  /** Removes what the settings name no more and what a crash left, and looks after each file for the first time. */
  static async start(options: TokenFilesOptions): Promise<TokenFiles> {
    const { entries, stateFolder, log } = options
    const written = await WrittenPaths.read(stateFolder).catch((err) => {
      log.error({ err }, 'it is not known which token files were written, so none that is there is replaced')
      return WrittenPaths.none(stateFolder)
    })
    const files = new TokenFiles(options, written)
    const paths = new Set(entries.map(({ path }) => path))
    for (const folder of new Set([...paths, ...written.all].map((path) => dirname(path)))) {
      // What is wrong with the folder is said when a file is written there.
      await sweepTokenDrafts(folder).catch(() => {})
    }
    for (const path of written.all) if (!paths.has(path)) await files.#remove(path)
    const late = Promise.withResolvers<void>()
    const timer = setTimeout(late.resolve, FIRST_WITHIN_MS)
    await Promise.race([files.look(), late.promise])
    clearTimeout(timer)
    return files
  }

  get standings(): TokenFileStanding[] {
    return this.#files.map(({ standing }) => standing)
  }

  /** Each with the end of the token in it, in milliseconds since 1970. */
  get ends(): { path: string; expiresAt: number | undefined }[] {
    return this.#files.map(({ entry: { path }, expiresAt }) => ({ path, expiresAt }))
  }

  /** Looks after every file. Never rejects. */
  async look(): Promise<void> {
    if (this.#isStopped) return
    const own = new Set(this.#files.map(({ entry: { path } }) => path))
    for (const path of this.#leftovers.keys()) if (!own.has(path)) await this.#remove(path)
    this.#looking = Promise.all(this.#files.map((file) => file.look()))
    await this.#looking
  }

  /** Waits for what is under way; the files stay. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#looking
    await Promise.all(this.#files.map((file) => file.idle()))
  }

  async #remove(path: string): Promise<void> {
    try {
      await removeTokenFile(path)
      await this.#written.delete(path)
      this.#leftovers.delete(path)
    } catch (err) {
      const { message } = err as Error
      if (this.#leftovers.get(path) !== message)
        this.#log.error({ file: path, err }, 'a token file could not be removed')
      this.#leftovers.set(path, message)
    }
  }
}

function auditEntry(
  { entry: { path, audience }, caller, identity, rule, error }: FileDecision,
  { clock }: TokenFilesOptions,
) {
  return {
    time: new Date(clock.now()).toISOString(),
    correlationId: randomUUID(),
    style: TOKEN_FILE_STYLE,
    userId: caller?.userId,
    user: caller?.user,
    identity: identity && (identity.resourceId || identity.clientId),
    audience,
    file: path,
    outcome: error ? ('refused' as const) : ('granted' as const),
    rule,
    reason: error?.code,
  }
}
