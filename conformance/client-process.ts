/**
 * Runs a client program once.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { delimiter, dirname } from 'node:path'
import { promisify } from 'node:util'
import { type ClientReport, type ClientRequest, parseReport } from './client-report.ts'
import type { Ask } from './programs/program-process.ts'
import type { Wine } from './windows/wine.ts'
import { runOnWine } from './windows/wine-process.ts'

/** The longest that a client is known to try is 72 seconds. */
const DEADLINE_MILLISECONDS = 240_000

/** How a program is run. */
export interface ClientProgram {
  folder: string
  run: readonly string[]
  /** What leads it to its libraries. */
  env: Readonly<Record<string, string>>
  /** Its home: some clients keep files there. */
  home: string
  /** What its tokens are for, whatever the case says. */
  resource?: string
  /** Asks a whole program in its stead. */
  ask?: Ask
  /** Where it runs if it is a program of Windows. */
  wine?: Wine
}

/**
 * Runs `program` with nothing in its environment but what it needs and `variables`.
 *
 * @throws {Error} if it broke, with what it said.
 */
export async function runClient(
  program: ClientProgram,
  request: ClientRequest,
  variables: Readonly<Record<string, string>>,
): Promise<ClientReport> {
  if (program.ask) return await program.ask(request, variables)
  return parseReport(await runProgram(program, { request, variables, timeout: DEADLINE_MILLISECONDS }))
}

/** The same, with what the program printed: whatever that is. */
export async function runProgram(
  program: ClientProgram,
  asked: { request: ClientRequest; variables: Readonly<Record<string, string>>; timeout: number },
): Promise<string> {
  const { request, variables, timeout } = asked
  const [file = '', ...args] = [...program.run, JSON.stringify(request)]
  if (program.wine) {
    const { folder, wine, env } = program
    const command = { folder, command: [file, ...args], variables: { ...env, ...variables }, timeout }
    const { end, stdout, stderr } = await runOnWine(wine, command)
    if (end !== 0) throw new Error(`it ended with ${end}: ${stderr.trim()}`)
    return stdout
  }
  const { PATH = process.env.PATH, ...libraries } = program.env
  const env = {
    PATH: [dirname(process.execPath), PATH].join(delimiter),
    HOME: program.home,
    ...libraries,
    ...variables,
  }
  const options = { cwd: program.folder, env, timeout }
  const { stdout } = await promisify(execFile)(file, args, options)
  return stdout
}
