/**
 * Another host for programs of tests: a network namespace that is joined to the own one by a wire, and commands that go on
 * in either.
 *
 * @module
 */

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** Makes it, kept by a process that waits, with the addresses of both ends of the wire; how a command is run on it. */
export async function makeOtherHost({ own, other }: { own: string; other: string }): Promise<string[]> {
  const keeper = spawn('unshare', ['--net', 'sh', '-c', 'echo; cat'], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(keeper.stdout, 'data')
  const inside = ['nsenter', `--net=/proc/${keeper.pid}/ns/net`]
  ip('link set lo up')
  ip(`link add name cloud type veth peer name server netns ${keeper.pid}`)
  ip(`address add ${own}/24 dev cloud`)
  ip('link set cloud up')
  ip('link set lo up', inside)
  ip(`address add ${other}/24 dev server`, inside)
  ip('link set server up', inside)
  return inside
}

/** Runs `ip` with the words of `line`, on this host or on another. */
export function ip(line: string, host: readonly string[] = []): void {
  const [program = '', ...args] = [...host, 'ip', ...line.split(' ')]
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Starts a command that goes on, and waits for the first line that it writes. */
export async function startedLine(
  [program = '', ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
  stream: 'stdout' | 'stderr',
): Promise<string> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const lines = createInterface({ input: child[stream] })
  if (stream === 'stdout') child.stderr.resume()
  const [line] = await Promise.race([once(lines, 'line'), once(child, 'exit')])
  if (typeof line !== 'string') throw new Error(`the command ended with exit code ${line}`)
  return line
}
