/**
 * Token files for a command: each is named by the variable that gets its path.
 *
 * @see docs/token-files.md#while-you-develop
 * @module
 */

import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { TokenFileEntry, TokenFileStanding } from '@landfast/agent'
import { makeFolders } from '@landfast/server'
import { CliError } from '../cli-error.ts'
import { parseTokenFiles } from '../settings/token-file-entries.ts'

/** The folder of the files in the state folder. */
const FOLDER = 'token-files'

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/

/** A variable and the audience of the token that it leads to. */
export interface TokenVariable {
  variable: string
  audience: string
}

/** What `NAME=AUDIENCE` says, beside what was said before. @throws {TypeError} whose message says what is wrong. */
export function readTokenVariable(text: string, before: readonly TokenVariable[] = []): TokenVariable[] {
  const [, variable = '', audience = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? []
  if (!VARIABLE.test(variable))
    throw new TypeError('must be NAME=AUDIENCE, where NAME is the variable that gets the path of the file')
  if (before.some((other) => other.variable === variable)) throw new TypeError(`names "${variable}" twice`)
  try {
    entriesOf([{ variable, audience }], '/')
  } catch (error) {
    throw new TypeError(`${(error as Error).message.replace(/^is wrong in entry 1: /, '')}`)
  }
  return [...before, { variable, audience }]
}

/** The files for the variables, in a folder of their own below the state folder. */
export async function tokenFilesIn(
  stateFolder: string,
  variables: readonly TokenVariable[],
): Promise<readonly TokenFileEntry[]> {
  if (variables.length === 0) return []
  const folder = join(await realpath(stateFolder), FOLDER)
  makeFolders(folder, 0o700)
  return entriesOf(variables, folder)
}

/** The variables with the paths of their files. */
export function tokenFileVariables(
  variables: readonly TokenVariable[],
  entries: readonly TokenFileEntry[],
): Record<string, string> {
  return Object.fromEntries(variables.map(({ variable }, index) => [variable, entries[index]?.path ?? '']))
}

/** @throws {CliError} `token_file_unwritten` for the first file without a token: what is started would fail later. */
export function refuseUnwritten(standings: readonly TokenFileStanding[]): void {
  const missing = standings.find(({ state }) => state !== 'written')
  if (!missing) return
  const { path, reason = 'the control plane has not answered yet' } = missing
  throw new CliError('token_file_unwritten', { detail: path, hints: [reason] })
}

function entriesOf(variables: readonly TokenVariable[], folder: string): TokenFileEntry[] {
  const entries = variables.map(({ variable, audience }) => ({ path: join(folder, variable), audience }))
  return parseTokenFiles(JSON.stringify(entries), folder)
}
