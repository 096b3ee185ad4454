/**
 * Debian's Apache with mod_auth_openidc as a resource server, on files and a port of its own.
 *
 * @see https://github.com/OpenIDC/mod_auth_openidc/wiki/OAuth-2.0-Resource-Server
 * @module
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MOVED_CLOCK } from '../moved-clock.ts'
import { type RunningServer, startServer } from './running-server.ts'

const PORT = 18080
const MODULES = '/usr/lib/apache2/modules'
const LOADED = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'headers', 'auth_openidc'] as const

/** Apache refuses to run as root, even as that of a user namespace. */
const AS_SOMEBODY = ['unshare', '--user', '--map-user=1000', '--map-group=1000'] as const

/** The audience that the server asks for. */
export const APACHE_AUDIENCE = 'https://files.example'

/** Starts one that believes the keys at `keysUrl` and serves one page. */
export async function startApache(
  folder: string,
  issuer: { keysUrl: string; caFile: string },
): Promise<RunningServer> {
  const home = join(folder, 'apache')
  mkdirSync(join(home, 'pages'), { recursive: true })
  writeFileSync(join(home, 'pages', 'index.html'), 'welcome\n')
  const file = join(home, 'apache.conf')
  writeFileSync(file, configuration(home, issuer))
  const url = `http://127.0.0.1:${PORT}`
  return await startServer({
    command: [...AS_SOMEBODY, '/usr/sbin/apache2', '-f', file, '-DFOREGROUND'],
    env: { ...MOVED_CLOCK, PATH: process.env.PATH },
    readyUrl: url,
    url,
  })
}

function configuration(home: string, { keysUrl, caFile }: { keysUrl: string; caFile: string }): string {
  const modules = LOADED.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`)
  return `${modules.join('\n')}
ServerName localhost
ServerRoot ${home}
Listen 127.0.0.1:${PORT}
PidFile ${home}/pid
DefaultRuntimeDir ${home}
ErrorLog ${home}/error.log
DocumentRoot ${home}/pages
OIDCOAuthVerifyJwksUri ${keysUrl}
OIDCCABundlePath ${caFile}
OIDCOAuthRemoteUserClaim oid
<Location />
  AuthType oauth20
  Require claim aud:${APACHE_AUDIENCE}
  Header always set X-User expr=%{REMOTE_USER}
</Location>
`
}
