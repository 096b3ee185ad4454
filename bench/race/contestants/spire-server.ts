/**
 * A SPIRE server that mints tokens for an administrator, who is known by the certificate of the connection.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sizeOf } from '../programs.ts'
import { raceSqlite } from '../race-database.ts'
import { ADMINISTRATOR, prepareSpireServer, TRUST_DOMAIN } from '../spire.ts'
import { runContestant, type TokenContestant } from '../token-contestant.ts'

/** The contestant. */
export const SPIRE_SERVER: TokenContestant = {
  name: 'SPIRE server 1.13.3, MintJWTSVID',
  programs: ['spire-server'],
  size: () => sizeOf('spire-server'),
  start: async ({ folder, clients, resources }) => {
    const server = await prepareSpireServer(folder, resources)
    const program = await server.start()
    await server.command('x509', 'mint', '-spiffeID', ADMINISTRATOR, '-write', folder)
    const read = (name: string) => readFileSync(join(folder, name), 'utf8')
    const tls = {
      ca: read('bundle.pem'),
      key: read('key.pem'),
      certificate: read('svid.pem'),
      // It has the name of its trust domain and no host's.
      isNameChecked: false,
    }
    const target = {
      kind: 'spire' as const,
      trustDomain: TRUST_DOMAIN,
      connection: { host: '127.0.0.1', port: server.port, tls },
      clients: await clients(),
    }
    return runContestant({ database: raceSqlite(server.databaseFile), target }, server.start, program)
  },
}
