/** Users and groups that no file has, from a name service that is loaded as that of SSSD or LDAP is. */

import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { testWith, UNSHARE_MOUNTS } from '../privilege.ts'
import { childCommand } from './child.ts'
import { temporaryFolder } from './temporary-folder.ts'

const SOURCE = fileURLToPath(new URL('nss-module.c', import.meta.url))

const [USER, OWN_GROUP, GROUP] = [4_000_000_001, 4_000_000_002, 4_000_000_003]

const SETTINGS = '/etc/nsswitch.conf'

/** Runs a program on a system that has the service after its files. */
const WITH_SERVICE = `mount --bind "$0" ${SETTINGS} && exec "$@"`

testWith(
  ['linux', 'namespaces', 'gcc'],
  'a user of another name service has its name, its own group and its others',
  (context) => {
    context.skip(!existsSync(SETTINGS), `there is no ${SETTINGS}: this C library has no name services`)
    const folder = temporaryFolder()
    const module = join(folder, 'libnss_landfast.so.2')
    const compiled = spawnSync('gcc', ['-shared', '-fPIC', '-o', module, SOURCE], { encoding: 'utf8' })
    context.skip(compiled.status !== 0, `no name service can be compiled here: ${compiled.stderr}`)
    const settings = join(folder, 'nsswitch.conf')
    writeFileSync(settings, 'passwd: files landfast\ngroup: files landfast\n')
    const [unshare = '', ...rest] = UNSHARE_MOUNTS
    const program = childCommand('name-service-program.ts', String(USER), String(GROUP))
    const run = spawnSync(unshare, [...rest, 'sh', '-c', WITH_SERVICE, settings, ...program], {
      encoding: 'utf8',
      env: { ...process.env, LD_LIBRARY_PATH: folder },
    })
    expect({ stderr: run.stderr, ...JSON.parse(run.stdout || '{}') }).toEqual({
      stderr: '',
      user: 'visitor@corp.example',
      groups: [OWN_GROUP, GROUP],
      group: ['tokens@corp.example'],
    })
  },
)
