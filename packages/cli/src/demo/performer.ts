/**
 * The users as whom the demo's programs run. As root they get none of root's rights: one user in the key group,
 * and the same user outside it.
 *
 * @module
 */

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdir, readFile, realpath, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { COVERED_FOLDER } from '../run/namespace.ts'

const execute = promisify(execFile)

/** "nobody" on every Linux. */
const UNPRIVILEGED_ID = 65534

/** A group that no system gives out by itself; it exists only in the demo's view of the key folder. */
export const DEMO_KEY_GROUP_ID = 40342

/** Where root's view shows the example programs to others, from any folder. */
const SHOWN_FOLDER = join(COVERED_FOLDER, 'landfast-demo')

/** A program's end. */
export interface Performance {
  code: number | null
  output: string
}

/** Runs example programs as one user. */
export interface Performer {
  /** Who it is, in words. */
  readonly user: string
  /** The path of the CA certificate as that user can read it. */
  readonly caFile: string
  perform(program: string, options: { environment: NodeJS.ProcessEnv; input?: string }): Promise<Performance>
}

/** The user that started the demo. */
export function ownPerformer(caFile: string): Performer {
  return {
    user: 'you',
    caFile,
    perform: (program, options) => run(process.execPath, [program], options),
  }
}

/**
 * An unprivileged user in the key group, and the same user without it. Needs root in a mount namespace of its
 * own; `root` is the folder that holds the programs and their Node.js.
 */
export async function unprivilegedPerformers(
  root: string,
  caFile: string,
): Promise<{ member: Performer; stranger: Performer }> {
  const source = await realpath(root)
  await mkdir(SHOWN_FOLDER)
  await execute('mount', ['-n', '--rbind', source, SHOWN_FOLDER])
  const shownCaFile = join(COVERED_FOLDER, 'landfast-demo-ca.pem')
  await writeFile(shownCaFile, await readFile(caFile), { mode: 0o644 })
  const as = (gid: number, user: string): Performer => ({
    user,
    caFile: shownCaFile,
    perform: (program, options) =>
      run(shown(source, process.execPath), [shown(source, program)], {
        ...options,
        uid: UNPRIVILEGED_ID,
        gid,
      }),
  })
  return {
    member: as(DEMO_KEY_GROUP_ID, 'an unprivileged user in the key group'),
    stranger: as(UNPRIVILEGED_ID, 'the same user outside the key group'),
  }
}

/** Where others see `path`. */
function shown(source: string, path: string): string {
  const inside = relative(source, path)
  return inside.startsWith('..') ? path : join(SHOWN_FOLDER, inside)
}

async function run(
  node: string,
  args: readonly string[],
  options: { environment: NodeJS.ProcessEnv; input?: string; uid?: number; gid?: number },
): Promise<Performance> {
  const { environment: env, input = '', ...user } = options
  const child: ChildProcess = spawn(node, args, { env, cwd: '/', ...user })
  const kill = (): void => void child.kill('SIGKILL')
  process.on('exit', kill)
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  child.stdin?.on('error', () => {}).end(input)
  const read = (stream: NodeJS.ReadableStream | null) => (stream ? text(stream) : '')
  const [code, ...output] = await Promise.all([ended, read(child.stdout), read(child.stderr)])
  process.off('exit', kill)
  return { code, output: output.join('').trim() }
}
