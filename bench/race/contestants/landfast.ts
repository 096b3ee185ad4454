/**
 * Landfast's control plane as an operator runs it, with machines that were enrolled.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AuthorityClock, createHttpsClient, OnboardingClient } from '@landfast/agent/upstream'
import { ONBOARDING_PATH } from '@landfast/protocol'
import { freePort } from '../../../packages/control-plane/src/testing/postgres.ts'
import { enrolMachine } from '../../enrolled-machine.ts'
import { askJson } from '../ask-json.ts'
import { landfastSize } from '../programs.ts'
import { type RaceDatabase, raceSqlite, startRacePostgres } from '../race-database.ts'
import { answersAt, startProgram } from '../started-program.ts'
import { runContestant, type TokenContestant } from '../token-contestant.ts'
import type { TokenClient } from '../token-target.ts'

const COMMAND = fileURLToPath(new URL('../../../packages/cli/bin/landfast.js', import.meta.url))

/** What the start prints for programs. */
interface Place {
  url: string
  tenantId: string
  caFile: string
  administratorFile: string
}

/** On a database that is a file of its own. */
export const LANDFAST_SQLITE = landfast('Landfast, SQLite', async (state) => ({
  database: raceSqlite(join(state, 'landfast.db')),
  flags: [],
}))

/** On a database that others could share. */
export const LANDFAST_POSTGRES = landfast('Landfast, PostgreSQL', async (state, resources) => {
  const database = await startRacePostgres(resources)
  const files = { url: join(dirname(state), 'database-url'), key: join(dirname(state), 'encryption-key') }
  writeFileSync(files.url, database.url, { mode: 0o600 })
  writeFileSync(files.key, randomBytes(32).toString('base64'), { mode: 0o600 })
  return { database, flags: ['--database-url-file', files.url, '--encryption-key-file', files.key] }
})

function landfast(
  name: string,
  open: (
    state: string,
    resources: AsyncDisposableStack,
  ) => Promise<{ database: RaceDatabase; flags: string[] }>,
): TokenContestant {
  return {
    name,
    programs: [],
    size: landfastSize,
    start: async ({ folder, clientCount, resources }) => {
      const state = join(folder, 'state')
      const port = await freePort()
      const { database, flags } = await open(state, resources)
      const isReady = answersAt(`https://127.0.0.1:${port}/readyz`)
      // One caller stands for many, so its own limit is off.
      const settings = ['--state-dir', state, '--port', String(port), '--caller-rate', '0', ...flags]
      const start = () =>
        startProgram([process.execPath, COMMAND, 'control-plane', '--json', ...settings], {
          ...{ folder, resources },
          isReady: async () => (await isReady()) && placeIn(folder) !== undefined,
        })
      const program = await start()
      const target = await targetOf(placeIn(folder) as Place, clientCount)
      return runContestant({ database, target }, start, program)
    },
  }
}

/** Its output has notes of other kinds as well; the first one names the administrator, a moment after it is ready. */
function placeIn(folder: string): Place | undefined {
  const lines = readFileSync(join(folder, 'output'), 'utf8').split('\n').slice(0, -1)
  const line = lines.find((one) => one.includes('"administratorFile"'))
  return line === undefined ? undefined : JSON.parse(line)
}

async function targetOf({ url, tenantId, caFile, administratorFile }: Place, machines: number) {
  const ca = readFileSync(caFile, 'utf8')
  const joinToken = await makeJoinToken(
    url,
    ca,
    JSON.parse(readFileSync(administratorFile, 'utf8')),
    machines,
  )
  const path = `/${tenantId}/oauth2/v2.0/token`
  return {
    kind: 'form' as const,
    connection: { ...hostOf(url), tls: { ca, isNameChecked: true } },
    ...{ path, audience: `${url}${path}`, isScoped: true },
    clients: await enrolMachines(url, ca, joinToken, machines),
  }
}

function hostOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port) }
}

async function makeJoinToken(
  url: string,
  ca: string,
  { tenantId, clientId, clientSecret }: Record<string, string>,
  uses: number,
): Promise<string> {
  const form = {
    grant_type: 'client_credentials',
    scope: 'https://management.azure.com/.default',
    ...{ client_id: clientId ?? '', client_secret: clientSecret ?? '' },
  }
  const { access_token: administrator } = await askJson(`${url}/${tenantId}/oauth2/v2.0/token`, { ca, form })
  const { token } = await askJson(`${url}${ONBOARDING_PATH.joinTokens}`, {
    ca,
    json: { resourceGroup: 'race', uses },
    token: administrator,
  })
  return String(token)
}

async function enrolMachines(origin: string, ca: string, joinToken: string, machines: number) {
  const https = createHttpsClient(ca)
  const client = new OnboardingClient({ https, origin, clock: new AuthorityClock(Date.now) })
  const enrolled: TokenClient[] = []
  for (let index = 0; index < machines; index += 1)
    enrolled.push(await enrolMachine(client, joinToken, `race-${index}`))
  https.close()
  return enrolled
}
