/**
 * A SPIRE server, with RSA keys of 2048 bits and no limit of rate.
 *
 * @see https://github.com/spiffe/spire/blob/v1.13.3/doc/spire_server.md
 * @module
 */

import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../../packages/control-plane/src/testing/postgres.ts'
import { connectGrpc } from './callers.ts'
import { frame } from './grpc.ts'
import { pathOf } from './programs.ts'
import { type StartedProgram, startProgram } from './started-program.ts'

/** The trust domain. */
export const TRUST_DOMAIN = 'race.example'

/** Who may have tokens of others made. */
export const ADMINISTRATOR = `spiffe://${TRUST_DOMAIN}/administrator`

const HEALTH = '/grpc.health.v1.Health/Check'

/** A server that can be started. */
export interface SpireServer {
  port: number
  databaseFile: string
  start(): Promise<StartedProgram>
  /** Runs one of its commands at its own socket. */
  command(...args: readonly string[]): Promise<string>
}

/** Makes one ready in `folder`. */
export async function prepareSpireServer(
  folder: string,
  resources: AsyncDisposableStack,
): Promise<SpireServer> {
  const path = pathOf('spire-server')
  const port = await freePort()
  const data = join(folder, 'spire-server')
  mkdirSync(data)
  const socket = join(data, 'api.sock')
  const config = join(data, 'server.conf')
  writeFileSync(config, serverConfig({ data, socket, port }))
  return {
    port,
    databaseFile: join(data, 'datastore.sqlite3'),
    start: () =>
      startProgram([path, 'run', '-config', config], { folder, resources, isReady: () => isHealthy(socket) }),
    command: async (...args) => {
      const [group = '', name = '', ...flags] = args
      return (await promisify(execFile)(path, [group, name, '-socketPath', socket, ...flags])).stdout
    },
  }
}

/** Whether the server or agent behind a socket file says that it is well. */
export async function isHealthy(socket: string): Promise<boolean> {
  const caller = await connectGrpc({ host: socket }, HEALTH)
  try {
    const { status, body } = await caller.ask(frame())
    // Field 1, SERVING.
    return status === 200 && body.endsWith('\x08\x01')
  } finally {
    caller.disconnect()
  }
}

function serverConfig({ data, socket, port }: { data: string; socket: string; port: number }): string {
  return `server {
  bind_address = "127.0.0.1"
  bind_port = "${port}"
  socket_path = "${socket}"
  trust_domain = "${TRUST_DOMAIN}"
  data_dir = "${data}"
  log_level = "WARN"
  ca_key_type = "rsa-2048"
  jwt_key_type = "rsa-2048"
  admin_ids = ["${ADMINISTRATOR}"]
  ratelimit {
    attestation = false
    signing = false
  }
}
plugins {
  DataStore "sql" {
    plugin_data {
      database_type = "sqlite3"
      connection_string = "${join(data, 'datastore.sqlite3')}"
    }
  }
  NodeAttestor "join_token" { plugin_data {} }
  KeyManager "disk" {
    plugin_data { keys_path = "${join(data, 'keys.json')}" }
  }
}
`
}
