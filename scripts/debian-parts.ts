/**
 * The programs of the system that some tests need, and the packages of Debian that have them. No service is started.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { end } from './foreground.mjs'
import { takeLock } from './lock.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** A program of the system, and the Debian package that has it. */
interface Part {
  /** Its name, or where it is if that is not in PATH; a version may be `*`. */
  program: string
  package: string
  /** What is left out without it. */
  for: string
}

const PARTS: readonly Part[] = [
  { program: 'ip', package: 'iproute2', for: 'connections from another network namespace' },
  { program: 'setpriv', package: 'util-linux', for: 'callers that are other users' },
  { program: 'openssl', package: 'openssl', for: 'signatures of attested documents' },
  { program: 'unshare', package: 'util-linux', for: 'the key folder of the platform' },
  { program: 'script', package: 'bsdutils', for: 'Ctrl-C in a terminal' },
  { program: 'nsenter', package: 'util-linux', for: 'other network namespaces' },
  { program: '/usr/lib/postgresql/*/bin/postgres', package: 'postgresql', for: 'the registry on PostgreSQL' },
  {
    program: '/usr/lib/python3*/ensurepip/__init__.py',
    package: 'python3-venv',
    for: "Azure's clients in Python",
  },
  {
    program: '/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server',
    package: 'rabbitmq-server',
    for: 'RabbitMQ, which checks tokens',
  },
  { program: '/usr/sbin/apache2', package: 'apache2', for: 'Apache, which checks tokens' },
  {
    program: '/usr/lib/apache2/modules/mod_auth_openidc.so',
    package: 'libapache2-mod-auth-openidc',
    for: 'Apache, which checks tokens',
  },
  { program: '/usr/bin/chromium', package: 'chromium', for: 'the pages of the portal' },
  { program: 'git', package: 'git', for: 'workflows with our action' },
  { program: 'mcs', package: 'mono-mcs', for: "Microsoft's clients for .NET" },
  { program: '/usr/lib*/{,*/}libsecret-1.so.0', package: 'libsecret-1-0', for: 'AzCopy' },
  { program: 'zsh', package: 'zsh', for: 'completion in zsh' },
  { program: 'fish', package: 'fish', for: 'completion in fish' },
  { program: 'mandoc', package: 'mandoc', for: 'manual pages' },
  { program: 'mmdebstrap', package: 'mmdebstrap', for: 'containers, and a Debian that is booted' },
  { program: '/usr/bin/tinyproxy', package: 'tinyproxy-bin', for: 'a proxy that asks for a password' },
  { program: '/usr/sbin/squid', package: 'squid-openssl', for: 'a proxy that opens TLS' },
  { program: 'promtool', package: 'prometheus', for: 'alert rules' },
  { program: 'mount', package: 'mount', for: 'full disks, and the key folder of the platform' },
  { program: 'systemd-nspawn', package: 'systemd-container', for: 'a Debian that is booted' },
  { program: 'dpkg-deb', package: 'dpkg', for: 'packages for Debian' },
  { program: 'lintian', package: 'lintian', for: 'what Debian says of its package' },
  { program: 'rpm', package: 'rpm', for: 'what is in the package for rpm' },
  { program: 'rpmlint', package: 'rpmlint', for: 'what critics of rpm say of the package' },
]

/** Debian asks this program before it starts the service of a package that it has just installed. */
const SERVICE_POLICY = '/usr/sbin/policy-rc.d'

/** Exit code 101 forbids it. */
const NO_SERVICE = '#!/bin/sh\n# of "npm run setup:parts", which removes it\nexit 101\n'

/** Installs what is missing, where root runs this on a Debian; says what is. */
export function installDebianParts(): void {
  const missing = missingParts()
  for (const part of missing) process.stdout.write(`missing: ${basename(part.program)}, for ${part.for}\n`)
  if (missing.length === 0) process.stdout.write('every part is there\n')
  else install(packagesOf(missing))
}

function missingParts(): Part[] {
  return PARTS.filter((part) => !isInstalled(part.program))
}

function packagesOf(parts: readonly Part[]): string[] {
  return [...new Set(parts.map((part) => part.package))]
}

function isInstalled(program: string): boolean {
  if (program.startsWith('/')) return globSync(program).length > 0
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status === 0
}

function install(packages: readonly string[]): void {
  if (process.getuid?.() !== 0 || !isInstalled('apt-get')) {
    process.stdout.write(`install ${packages.join(', ')} as root; tests that need them are left out\n`)
    return
  }
  using _lock = takeLock(ROOT, 'parts')
  const left = packagesOf(missingParts())
  if (left.length === 0) return
  const status = run('apt-get', ['update', '-qq'])
  if (status !== 0) end(status)
  withoutServices(() => run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...left]))
}

function withoutServices(install: () => number): void {
  // One that is there already may be what a killed run of ours has left.
  const isOurs = !existsSync(SERVICE_POLICY) || readFileSync(SERVICE_POLICY, 'utf8') === NO_SERVICE
  if (isOurs) writeFileSync(SERVICE_POLICY, NO_SERVICE, { mode: 0o755 })
  const status = install()
  if (isOurs) rmSync(SERVICE_POLICY)
  if (status !== 0) end(status)
}

/** Its exit code. */
function run(program: string, args: readonly string[]): number {
  const { status } = spawnSync(program, args, {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  return status ?? 1
}
