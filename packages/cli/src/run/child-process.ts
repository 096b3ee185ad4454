/**
 * Runs the user's command on our own standard streams and reports how it ended as a shell would.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { CliError } from '../cli-error.ts'
import type { Environment } from '../environment.ts'
import { exitCodeOf, type SignalRelay } from './signal-relay.ts'

/** A program and its arguments, handed to the kernel as they are: no shell reads them. */
export interface CommandLine {
  /** Where it is. */
  file: string
  /** What it is told to be its name. */
  name: string
  args: readonly string[]
}

/**
 * Runs `command` until it ends. Signals reach it through `relay`.
 *
 * @returns its exit code, or 128 + n if signal n ended it.
 * @throws {CliError} `command_not_executable` if the kernel refuses it.
 */
export async function runCommand(
  command: CommandLine,
  environment: Environment,
  relay: SignalRelay,
): Promise<number> {
  const child = spawn(command.file, command.args, { argv0: command.name, env: environment, stdio: 'inherit' })
  relay.attach(child)
  const ended = Promise.withResolvers<number>()
  child.on('exit', (code, signal) => ended.resolve(signal ? exitCodeOf(signal) : (code ?? 1)))
  child.on('error', (cause) =>
    ended.reject(
      new CliError('command_not_executable', {
        detail: command.file,
        hints: [`the kernel says: ${cause.message}; is the interpreter in its first line there?`],
        cause,
      }),
    ),
  )
  return await ended.promise
}
