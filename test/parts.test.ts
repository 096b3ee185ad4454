import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished } from 'vitest'
import { testWith, UNSHARE_MOUNTS } from './privilege.ts'

const PARTS = fileURLToPath(new URL('../scripts/parts.ts', import.meta.url))

/** Where RabbitMQ and Apache would be, and where Debian asks whether a service may start: all empty for the script. */
const BARE_MACHINE = `
[ ! -d /usr/lib/rabbitmq ] || mount -t tmpfs none /usr/lib/rabbitmq
mount -t tmpfs none /usr/sbin
exec "$@"
`

/** Says what it was asked, and whether services were forbidden meanwhile; installs nothing. */
const APT_GET = `#!/bin/sh
echo "$*" >> "$0.log"
[ "$1" = update ] && exit 0
/usr/sbin/policy-rc.d; echo "services: $?" >> "$0.log"
exit 100
`

testWith(
  ['namespaces'],
  'on a machine without them, the parts are asked of Debian, and no service starts',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'landfast-parts-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const aptGet = join(folder, 'apt-get')
    writeFileSync(aptGet, APT_GET)
    chmodSync(aptGet, 0o755)
    const [command = '', ...args] = [...UNSHARE_MOUNTS, 'sh', '-c', BARE_MACHINE, 'sh']
    const run = spawnSync(command, [...args, process.execPath, PARTS], {
      encoding: 'utf8',
      env: { PATH: `${folder}:${process.env.PATH}` },
    })
    expect(run.stderr).toBe('')
    expect(run.stdout).toContain('missing: rabbitmq-server, for RabbitMQ')
    const [update, install, services] = readFileSync(`${aptGet}.log`, 'utf8').split('\n')
    expect(update).toBe('update -qq')
    expect(install).toMatch(/^install -y .*\brabbitmq-server\b.*\bapache2\b/)
    expect(services).toBe('services: 101')
    expect(run.status).toBe(100)
  },
)
