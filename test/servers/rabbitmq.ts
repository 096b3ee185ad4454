/**
 * Debian's RabbitMQ with its OAuth 2.0 plugin, on files and ports of its own. It listens on every address for its
 * own kind, so it belongs into a network namespace.
 *
 * @see https://github.com/rabbitmq/rabbitmq-server/tree/v3.10.8/deps/rabbitmq_auth_backend_oauth2
 * @module
 */

import { globSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MOVED_CLOCK } from '../moved-clock.ts'
import { type RunningServer, startServer } from './running-server.ts'

/** Debian's own command wants to change its user. */
const PROGRAM = '/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server'

const PORT = { amqp: 5673, management: 15673, distribution: 25673, epmd: 14369 } as const

/** The audience that the server takes tokens for. */
export const RABBITMQ_AUDIENCE = 'rabbitmq'

/** What lets their holder do everything on every queue. */
export const RABBITMQ_ROLES = [
  'rabbitmq.configure:*/*',
  'rabbitmq.read:*/*',
  'rabbitmq.write:*/*',
  'rabbitmq.tag:management',
] as const

/** Starts one that believes the keys at `keysUrl`. */
export async function startRabbitmq(
  folder: string,
  issuer: { keysUrl: string; caFile: string; address?: string },
): Promise<RunningServer> {
  const { address = '127.0.0.1' } = issuer
  const [program] = globSync(PROGRAM)
  if (!program) throw new Error('RabbitMQ is not installed')
  const home = join(folder, 'rabbitmq')
  mkdirSync(home)
  const file = (name: string, text: string) => {
    writeFileSync(join(home, name), text)
    return join(home, name)
  }
  const url = `http://${address}:${PORT.management}`
  return await startServer({
    command: [program],
    env: {
      ...MOVED_CLOCK,
      PATH: process.env.PATH,
      HOME: home,
      RABBITMQ_NODENAME: 'landfast@localhost',
      RABBITMQ_NODE_PORT: String(PORT.amqp),
      RABBITMQ_DIST_PORT: String(PORT.distribution),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      ERL_EPMD_PORT: String(PORT.epmd),
      RABBITMQ_CONFIG_FILE: file('rabbitmq.conf', configuration(address)),
      RABBITMQ_ADVANCED_CONFIG_FILE: file('advanced.config', advancedConfiguration(issuer)),
      RABBITMQ_ENABLED_PLUGINS_FILE: file(
        'enabled_plugins',
        '[rabbitmq_management,rabbitmq_auth_backend_oauth2].',
      ),
      RABBITMQ_MNESIA_BASE: join(home, 'mnesia'),
      RABBITMQ_LOG_BASE: join(home, 'log'),
      RABBITMQ_PID_FILE: join(home, 'pid'),
    },
    readyUrl: `${url}/api/whoami`,
    url,
  })
}

function configuration(address: string): string {
  return `listeners.tcp.1 = 127.0.0.1:${PORT.amqp}
management.tcp.ip = ${address}
management.tcp.port = ${PORT.management}
auth_backends.1 = rabbit_auth_backend_oauth2
`
}

function advancedConfiguration({ keysUrl, caFile }: { keysUrl: string; caFile: string }): string {
  return `[{rabbitmq_auth_backend_oauth2, [
  {resource_server_id, <<"${RABBITMQ_AUDIENCE}">>},
  {verify_aud, true},
  {extra_scopes_source, <<"roles">>},
  {preferred_username_claims, [<<"oid">>]},
  {key_config, [
    {jwks_url, <<"${keysUrl}">>},
    {cacertfile, "${caFile}"},
    {peer_verification, verify_peer}
  ]}
]}].
`
}
