/**
 * Runs a developer's command, bounded in time and output.
 *
 * @module
 */

import type { ExecFileOptions } from 'node:child_process'
import { builtin } from '../builtin.ts'
import { ClientError } from '../errors.ts'
import { quoteServer } from '../http/server-text.ts'
import type { Surroundings } from '../surroundings.ts'
import { type Fields, readFields } from '../tokens/token-answer.ts'

/** Logging in again behind the scenes takes such a command some seconds. */
const COMMAND_MS = 30_000
const OUTPUT_MAX_BYTES = 1024 * 1024

/** What an argument may be made of: where a shell has to be between, it must take it as it is. */
const ARGUMENT = /^[0-9a-zA-Z._:/=+-]+$/

/** Where `name` is in the search path; undefined if it is not installed. What depends on the current folder is passed over. */
export function findCommand(name: string, { env, platform }: Surroundings): string | undefined {
  const { accessSync, constants } = builtin('node:fs')
  const [separator, suffixes] = platform === 'win32' ? [';', ['.cmd', '.exe']] : [':', ['']]
  for (const folder of (env.PATH ?? env.Path ?? '').split(separator)) {
    for (const suffix of suffixes) {
      const file = `${folder}/${name}${suffix}`
      try {
        if (!/^(?:\/|[a-z]:)/i.test(folder)) continue
        accessSync(file, constants.X_OK)
        return file
      } catch {
        // Not there.
      }
    }
  }
  return undefined
}

/**
 * The JSON object that a command prints.
 *
 * @throws {ClientError} `resource_invalid` for an argument that could be more than one, `command_missing` or
 * `command_failed`.
 */
export async function runForJson(
  file: string,
  args: readonly string[],
  around: Surroundings,
): Promise<Fields> {
  const strange = args.find((argument) => !ARGUMENT.test(argument))
  if (strange !== undefined) throw new ClientError('resource_invalid', JSON.stringify(strange))
  const { stdout, stderr, error } = await run(file, args, around)
  const fields = readFields(stdout)
  if (fields && !error) return fields
  if (error?.code === 'ENOENT') throw new ClientError('command_missing', `"${file}"`, { cause: error })
  const said =
    quoteServer(stderr, []) ||
    (error?.killed ? `it took more than ${COMMAND_MS / 1000} s` : 'it printed no JSON')
  throw new ClientError('command_failed', `"${file}" ("${said}")`)
}

interface Output {
  stdout: string
  stderr: string
  error: (Error & { code?: string | number | null; killed?: boolean }) | null
}

function run(file: string, args: readonly string[], { env, platform }: Surroundings): Promise<Output> {
  const isWindows = platform === 'win32'
  const options: ExecFileOptions & { encoding: 'utf8' } = {
    // Not the current folder: on Windows a program in it would be found first.
    cwd: isWindows ? (env.SystemRoot ?? 'C:\\Windows') : '/',
    encoding: 'utf8',
    env,
    timeout: COMMAND_MS,
    maxBuffer: OUTPUT_MAX_BYTES,
    windowsHide: true,
    // A .cmd file is run by the shell alone.
    shell: isWindows,
  }
  const program = isWindows ? `"${file}"` : file
  return new Promise<Output>((resolve) => {
    builtin('node:child_process').execFile(program, [...args], options, (error, stdout, stderr) =>
      resolve({ error, stdout, stderr }),
    )
    // Some failures are thrown: a host without memory for one more process, for one.
  }).catch((error) => ({ error, stdout: '', stderr: '' }))
}
