/**
 * Ory Hydra on PostgreSQL: tokens as JWT, signed by a key of 2048 bits, for clients that prove themselves by private_key_jwt.
 *
 * @see https://www.ory.sh/docs/hydra/reference/configuration
 * @module
 */

import { execFile } from 'node:child_process'
import { createPublicKey, generateKeyPair, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../../../packages/control-plane/src/testing/postgres.ts'
import { askJson } from '../ask-json.ts'
import { pathOf, sizeOf } from '../programs.ts'
import { startRacePostgres } from '../race-database.ts'
import { answersAt, startProgram } from '../started-program.ts'
import { type RacePlace, runContestant, type TokenContestant } from '../token-contestant.ts'

/** More than callers: with its default, two for each processor, it hangs. */
const CONNECTIONS = 40

/** It would make its own of 4096 bits, whose signatures cost six times as much. */
const KEY_BITS = 2048

const KEY_SET = 'hydra.jwt.access-token'

const PATH = '/oauth2/token'

/** The contestant. */
export const HYDRA: TokenContestant = {
  name: 'Hydra 2.3.0, PostgreSQL',
  programs: ['hydra'],
  size: () => sizeOf('hydra'),
  start: async (place) => {
    const path = pathOf('hydra')
    const { folder, tls, resources } = place
    const clients = await place.clients()
    const [port, adminPort] = [await freePort(), await freePort()]
    const database = await startRacePostgres(place.resources)
    const url = `https://127.0.0.1:${port}`
    const config = writeConfig(place, { url, port, adminPort, databaseUrl: database.url })
    const start = () =>
      startProgram([path, 'serve', 'all', '--config', config, '--sqa-opt-out'], {
        ...{ folder, resources },
        isReady: answersAt(`${url}/health/ready`),
      })
    await promisify(execFile)(path, ['migrate', 'sql', '--yes', '--read-from-env', '--config', config])
    const program = await start()
    await setUp(`https://127.0.0.1:${adminPort}`, place)
    const target = {
      kind: 'form' as const,
      connection: { host: '127.0.0.1', port, tls: { ca: tls.certificate, isNameChecked: true } },
      ...{ path: PATH, audience: `${url}${PATH}`, isScoped: false, clients },
    }
    return runContestant({ database, target }, start, program)
  },
}

function writeConfig(
  { folder, tls }: RacePlace,
  {
    url,
    port,
    adminPort,
    databaseUrl,
  }: { url: string; port: number; adminPort: number; databaseUrl: string },
): string {
  const files = { cert: join(folder, 'tls.pem'), key: join(folder, 'tls-key.pem') }
  writeFileSync(files.cert, tls.certificate)
  writeFileSync(files.key, tls.key, { mode: 0o600 })
  const server = {
    host: '127.0.0.1',
    tls: { enabled: true, cert: { path: files.cert }, key: { path: files.key } },
  }
  const config = join(folder, 'hydra.json')
  const settings = {
    dsn: `${databaseUrl}?sslmode=disable&max_conns=${CONNECTIONS}&max_idle_conns=${CONNECTIONS}`,
    serve: { public: { ...server, port }, admin: { ...server, port: adminPort } },
    urls: { self: { issuer: url } },
    secrets: { system: [randomBytes(24).toString('hex')] },
    strategies: { access_token: 'jwt' },
    log: { level: 'error' },
  }
  writeFileSync(config, JSON.stringify(settings), { mode: 0o600 })
  return config
}

async function setUp(admin: string, { tls, clients }: RacePlace): Promise<void> {
  const ca = tls.certificate
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: KEY_BITS })
  const key = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'race' }
  await askJson(`${admin}/admin/keys/${KEY_SET}`, { ca, method: 'PUT', json: { keys: [key] } })
  for (const { clientId, privateKey: secret } of await clients()) {
    const jwk = {
      ...createPublicKey(secret).export({ format: 'jwk' }),
      use: 'sig',
      alg: 'PS256',
      kid: clientId,
    }
    const client = {
      client_id: clientId,
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'PS256',
      jwks: { keys: [jwk] },
    }
    await askJson(`${admin}/admin/clients`, { ca, json: client })
  }
}
