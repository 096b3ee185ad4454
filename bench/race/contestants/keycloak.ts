/**
 * Keycloak on PostgreSQL: clients of a realm that prove themselves by private_key_jwt.
 *
 * @see https://www.keycloak.org/server/all-config
 * @module
 */

import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../../packages/control-plane/src/testing/postgres.ts'
import { homeOfItsOwn } from '../../../test/keycloak/running-keycloak.ts'
import { askJson } from '../ask-json.ts'
import { pathOf, sizeOf } from '../programs.ts'
import { startRacePostgres } from '../race-database.ts'
import { answersAt, startProgram } from '../started-program.ts'
import { type RacePlace, runContestant, type TokenContestant } from '../token-contestant.ts'

const REALM = 'race'
const PATH = `/realms/${REALM}/protocol/openid-connect/token`

/** The contestant. */
export const KEYCLOAK: TokenContestant = {
  name: 'Keycloak 26.5.6, PostgreSQL',
  programs: ['keycloak'],
  size: () => sizeOf('keycloak'),
  start: async (place) => {
    const command = homeOfItsOwn(pathOf('keycloak'), place.folder)
    const { folder, tls, resources } = place
    const clients = await place.clients()
    const [port, managementPort] = [await freePort(), await freePort()]
    const url = `https://127.0.0.1:${port}`
    const database = await startRacePostgres(place.resources)
    const { flags, env, password } = settingsOf(place, { port, managementPort, databaseUrl: database.url })
    const start = () =>
      startProgram([command, ...flags], {
        folder,
        env,
        resources,
        isReady: answersAt(`${url}/realms/master`),
      })
    const program = await start()
    await setUp(url, password, place)
    const target = {
      kind: 'form' as const,
      connection: { host: '127.0.0.1', port, tls: { ca: tls.certificate, isNameChecked: true } },
      ...{ path: PATH, audience: `${url}/realms/${REALM}`, isScoped: false, clients },
    }
    return runContestant({ database, target }, start, program)
  },
}

function settingsOf(
  { folder, tls }: RacePlace,
  { port, managementPort, databaseUrl }: { port: number; managementPort: number; databaseUrl: string },
) {
  const files = { certificate: join(folder, 'tls.pem'), key: join(folder, 'tls-key.pem') }
  writeFileSync(files.certificate, tls.certificate)
  writeFileSync(files.key, tls.key, { mode: 0o600 })
  const { host, pathname, username, password: databasePassword } = new URL(databaseUrl)
  const password = randomBytes(16).toString('hex')
  const flags = [
    ...['start', '--optimized', '--cache=local', '--log-level=warn', '--http-host=127.0.0.1'],
    ...[`--https-port=${port}`, `--hostname=https://127.0.0.1:${port}`],
    `--http-management-port=${managementPort}`,
    ...[`--https-certificate-file=${files.certificate}`, `--https-certificate-key-file=${files.key}`],
  ]
  const env = {
    KC_BOOTSTRAP_ADMIN_USERNAME: 'admin',
    KC_BOOTSTRAP_ADMIN_PASSWORD: password,
    KC_DB_URL: `jdbc:postgresql://${host}${pathname}`,
    KC_DB_USERNAME: username,
    KC_DB_PASSWORD: databasePassword,
  }
  return { flags, env, password }
}

async function setUp(url: string, password: string, { tls, clients }: RacePlace): Promise<void> {
  const ca = tls.certificate
  const login = { grant_type: 'password', client_id: 'admin-cli', username: 'admin', password }
  const logIn = async () => {
    const form = { ca, form: login }
    return (await askJson(`${url}/realms/master/protocol/openid-connect/token`, form)).access_token
  }
  await askJson(`${url}/admin/realms`, { ca, token: await logIn(), json: { realm: REALM, enabled: true } })
  const token = await logIn()
  for (const { clientId, certificate } of await clients()) {
    const attributes = {
      'jwt.credential.certificate': certificate.replaceAll(/-----[A-Z ]+-----|\s/g, ''),
      'token.endpoint.auth.signing.alg': 'PS256',
    }
    const json = {
      ...{ clientId, clientAuthenticatorType: 'client-jwt', attributes },
      ...{ serviceAccountsEnabled: true, standardFlowEnabled: false, fullScopeAllowed: false },
    }
    await askJson(`${url}/admin/realms/${REALM}/clients`, { ca, token, json })
  }
}
