/**
 * Installs the programs that some tests need and npm does not bring. It starts no service.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'

/** A program of the system, and the Debian package that has it. */
interface Part {
  program: string
  package: string
  /** What is left out without it. */
  for: string
}

const PARTS: readonly Part[] = [
  { program: 'ip', package: 'iproute2', for: 'connections from another network namespace' },
  { program: 'setpriv', package: 'util-linux', for: 'callers that are other users' },
  { program: 'unshare', package: 'util-linux', for: 'the key folder of the platform' },
  { program: 'script', package: 'bsdutils', for: 'Ctrl-C in a terminal' },
  { program: 'nsenter', package: 'util-linux', for: 'other network namespaces' },
  { program: 'mount', package: 'mount', for: 'full disks, and the key folder of the platform' },
]

const missing = PARTS.filter((part) => !isInstalled(part.program))
for (const part of missing) process.stdout.write(`missing: ${part.program}, for ${part.for}\n`)
if (missing.length === 0) process.stdout.write('every part is there\n')
else install([...new Set(missing.map((part) => part.package))])

function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status === 0
}

function install(packages: readonly string[]): void {
  if (process.getuid?.() !== 0 || !isInstalled('apt-get')) {
    process.stdout.write(`install ${packages.join(', ')} as root; tests that need them are left out\n`)
    return
  }
  run('apt-get', ['update', '-qq'])
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages])
}

function run(program: string, args: readonly string[]): void {
  const { status } = spawnSync(program, args, {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  if (status !== 0) process.exit(status ?? 1)
}
