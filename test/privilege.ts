/**
 * What this machine lets a test do. A test that needs more is skipped, and the reporter says why.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type TestContext, test } from 'vitest'
import { UNSHARE } from './namespaces.ts'

export { UNSHARE, UNSHARE_MOUNTS } from './namespaces.ts'

/** Something that not every machine or user has. */
export type Privilege =
  | 'linux'
  | 'root'
  | 'namespaces'
  | 'ip'
  | 'setpriv'
  | 'curl'
  | 'ipv6'
  | 'openssl'
  | 'javac'
  | 'python3'
  | 'gcc'
  | 'zsh'
  | 'fish'
  | 'mandoc'
  | 'promtool'

const LACKS: Record<Privilege, () => string | undefined> = {
  linux: () => (process.platform === 'linux' ? undefined : 'this is not Linux'),
  root: () => (process.getuid?.() === 0 ? undefined : 'only root may do this'),
  namespaces: () => (succeeds([...UNSHARE, 'true']) ? undefined : 'namespaces are not permitted here'),
  ip: () => (succeeds(['ip', '-V']) ? undefined : 'the command "ip" (iproute2) is not installed'),
  setpriv: () => (succeeds(['setpriv', '--version']) ? undefined : 'the command "setpriv" is not installed'),
  curl: () => (succeeds(['curl', '--version']) ? undefined : 'the command "curl" is not installed'),
  openssl: () => (succeeds(['openssl', 'version']) ? undefined : 'the command "openssl" is not installed'),
  python3: () => (succeeds(['python3', '--version']) ? undefined : 'the command "python3" is not installed'),
  promtool: () =>
    succeeds(['promtool', '--version'])
      ? undefined
      : 'the command "promtool" is not installed; run "npm run setup:parts"',
  gcc: () => (succeeds(['gcc', '--version']) ? undefined : 'the compiler "gcc" is not installed'),
  javac: () => (succeeds(['javac', '-version']) ? undefined : 'no Java development kit is installed'),
  zsh: () => (succeeds(['zsh', '--version']) ? undefined : 'the shell "zsh" is not installed'),
  fish: () => (succeeds(['fish', '--version']) ? undefined : 'the shell "fish" is not installed'),
  mandoc: () => (isThere('mandoc') ? undefined : 'the command "mandoc" is not installed'),
  ipv6: () => (existsSync('/proc/net/if_inet6') ? undefined : 'IPv6 is off'),
}

const known = new Map<Privilege, string | undefined>()

/** The first thing in `privileges` that is not given here, in words; undefined if all are. */
export function whatIsLacking(privileges: readonly Privilege[]): string | undefined {
  for (const privilege of privileges) {
    if (!known.has(privilege)) known.set(privilege, LACKS[privilege]())
    const reason = known.get(privilege)
    if (reason !== undefined) return reason
  }
  return undefined
}

/** A test that runs where it has every one of `privileges`. */
export function testWith(
  privileges: readonly Privilege[],
  name: string,
  run: (context: TestContext) => Promise<void> | void,
): void {
  test(name, async (context) => {
    const reason = whatIsLacking(privileges)
    context.skip(reason !== undefined, reason)
    await run(context)
  })
}

/** For a program that cannot be asked for its version. */
function isThere(program: string): boolean {
  return succeeds(['sh', '-c', `command -v ${program}`])
}

function succeeds([command = '', ...rest]: readonly string[]): boolean {
  return spawnSync(command, rest, { stdio: 'ignore' }).status === 0
}

/** A user and group that own nothing. */
const NOBODY = 65_534

/** What `run` returns when an ordinary user runs it: whoever runs the tests, or nobody in root's place. */
export function asOrdinaryUser<T>(run: () => T): T {
  if (process.getuid?.() !== 0) return run()
  process.setgroups?.([])
  process.setegid?.(NOBODY)
  process.seteuid?.(NOBODY)
  try {
    return run()
  } finally {
    process.seteuid?.(0)
    process.setegid?.(0)
  }
}
