/**
 * What the settings say of one token file.
 *
 * @see docs/token-files.md
 * @module
 */

/** One token file. */
export interface TokenFileEntry {
  /** Absolute and without "..". */
  readonly path: string
  readonly audience: string
  /** What a policy calls the identity: `system`, a name or an id. */
  readonly identity: string
  /** Name or number of the user whose file it is. Default: the agent's own. */
  readonly owner?: string | undefined
  /** Name or number of the group that may read it. Default: none. */
  readonly group?: string | undefined
  readonly mode: number
}
