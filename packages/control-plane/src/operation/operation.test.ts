import { once } from 'node:events'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type Kysely, sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createControlPlane } from '../control-plane.ts'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'
import { askForToken, registerTrialMachine, send, startTrial, temporaryFolder } from '../testing/trial.ts'
import { DATABASES } from '../testing/trial-database.ts'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import { signingEnd } from './ends.ts'
import { createReadiness } from './readiness.ts'

/** What a Unix socket answers at `path`. */
function ask(socketPath: string, path: string): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path, agent: false }, async (answer) => {
      const chunks = await answer.toArray()
      resolve({ status: answer.statusCode, text: Buffer.concat(chunks).toString() })
    })
      .on('error', reject)
      .end()
  })
}

async function startWithAdmin() {
  const socket = join(await temporaryFolder(), 'admin.sock')
  return { socket, ...(await startTrial({ admin: { socket } })) }
}

test('it lives and is ready, on the port and on the socket, which is for its owner alone', async () => {
  const { controlPlane, socket } = await startWithAdmin()
  expect((await stat(socket)).mode & 0o777).toBe(0o600)
  for (const [path, status] of [
    ['/livez', 'alive'],
    ['/readyz', 'ready'],
  ] as const) {
    const answer = await send(controlPlane, controlPlane.url + path)
    expect([answer.status, answer.body]).toEqual([200, { status }])
    expect(await ask(socket, path)).toEqual({ status: 200, text: `${JSON.stringify({ status })}\n` })
  }
})

test('metrics are on the socket alone: requests by route, tokens by outcome, machines by status', async () => {
  const trial = await startWithAdmin()
  const machine = await registerTrialMachine(trial)
  await askForToken(machine, trial)
  await askForToken(machine, trial, { client_assertion: 'x' })
  await send(trial.controlPlane, `${trial.controlPlane.url}/nowhere/at/all`)
  const { text } = await ask(trial.socket, '/metrics')
  expect(text).toContain('landfast_control_plane_tokens_total{outcome="issued"} 1')
  expect(text).toContain('landfast_control_plane_tokens_total{outcome="assertion_malformed"} 1')
  const route = 'route="/:tenant/oauth2/v2.0/token",method="POST"'
  expect(text).toContain(`landfast_control_plane_requests_total{${route},status="200"} 1`)
  expect(text).toContain(`landfast_control_plane_request_duration_seconds_count{${route}} 2`)
  expect(text).toContain('landfast_control_plane_requests_total{route="none",method="GET",status="404"} 1')
  expect(text).toContain('landfast_control_plane_machines{status="AwaitingConnection"} 1')
  expect(text).not.toContain(machine.identity.clientId)
  expect((await send(trial.controlPlane, `${trial.controlPlane.url}/metrics`)).status).toBe(404)
})

test('a socket that a killed one left behind is taken over, one in use or no socket is not', async () => {
  const folder = await temporaryFolder()
  const socket = join(folder, 'admin.sock')
  const live = createServer().listen(socket)
  await once(live, 'listening')
  const start = async (name: string, address: string) => {
    const controlPlane = createControlPlane({ stateFolder: join(folder, name), admin: { socket: address } })
    onTestFinished(() => controlPlane.stop())
    await controlPlane.start()
  }
  await expect(start('a', socket)).rejects.toMatchObject({ code: 'admin_taken' })
  live.close()
  await start('a', socket)
  await writeFile(join(folder, 'file'), '')
  await expect(start('b', join(folder, 'file'))).rejects.toMatchObject({ code: 'admin_taken' })
  await mkdir(join(folder, 'long'))
  await expect(start('c', join(folder, 'x'.repeat(107)))).rejects.toMatchObject({ code: 'admin_path_long' })
})

const KEYS = { current: () => ({}) as never }

test('it is not ready while the database does not answer, and says so', async () => {
  const { storage } = await openTrialRegistry(() => new Date())
  const missing = {
    current: () => {
      throw new Error('none')
    },
  }
  expect(await createReadiness({ storage, signingKeys: KEYS })()).toBeUndefined()
  expect(await createReadiness({ storage, signingKeys: missing })()).toBe('there is no key to sign with')
  await storage.close()
  expect(await createReadiness({ storage, signingKeys: KEYS })()).toBe('the database does not answer')
})

describe.each(DATABASES)('on %s', (database) => {
  test('a database that answers and cannot write is not ready, and ready again within a second after it can', async () => {
    const { storage, db } = await openTrialRegistry(() => new Date(), { database })
    let time = 0
    const ask = createReadiness({ storage, signingKeys: KEYS, monotonic: () => time })
    expect(await ask()).toBeUndefined()
    await (database === 'sqlite'
      ? sql`pragma query_only = on`.execute(db)
      : sql`create or replace function refuse() returns trigger language plpgsql as
          'begin raise exception using errcode = ''25006''; end'`
          .execute(db)
          .then(() =>
            sql`create trigger refuse before insert on audit execute function refuse()`.execute(db),
          ))
    time += 5_000
    expect(await ask()).toMatch(/^the database cannot write/)
    await (database === 'sqlite'
      ? sql`pragma query_only = off`.execute(db)
      : sql`drop trigger refuse on audit`.execute(db))
    time += 1_000
    expect(await ask()).toBeUndefined()
  })

  test('the trial write leaves nothing, and however many ask there is one in five seconds', async () => {
    const { storage, db } = await openTrialRegistry(() => new Date(), { database })
    let time = 0
    let writes = 0
    const append: Storage['append'] = (work) => {
      writes += 1
      return storage.append(work)
    }
    const ask = createReadiness({ storage: { db, append }, signingKeys: KEYS, monotonic: () => time })
    const rows = () => Promise.all([db.selectFrom('audit').select('id').execute(), assertionsOf(db)])
    const before = await rows()
    for (; time < 10_000; time += 250) await ask()
    expect([writes, await rows()]).toEqual([2, before])
  })
})

function assertionsOf(db: Kysely<Schema>) {
  return db.selectFrom('assertion').select('digest').execute()
}

test('metrics tell when certificates end, when another key signs, and which version it is', async () => {
  const socket = join(await temporaryFolder(), 'admin.sock')
  const { clock } = await startTrial({ admin: { socket }, version: '1.2.3' })
  const { text } = await ask(socket, '/metrics')
  const valueIn = (series: string): number => {
    const line = text.split('\n').find((one) => one.startsWith(`${series} `)) ?? ''
    return Number(line.slice(series.length))
  }
  const now = clock.now().getTime() / 1000
  const certificate = 'landfast_control_plane_certificate_expiry_timestamp_seconds'
  for (const name of ['server', 'authority'])
    expect(valueIn(`${certificate}{certificate="${name}"}`)).toBeGreaterThan(now)
  const days = (valueIn('landfast_control_plane_signing_key_rotation_timestamp_seconds') - now) / 86_400
  expect(Math.round(days)).toBe(30)
  expect(valueIn(`landfast_build_info{version="1.2.3",node="${process.versions.node}"}`)).toBe(1)
})

test('a key that was published already takes the place of the one that signs at its own time', () => {
  const key = (kid: string, time: string, signs = false) => ({
    ...{ kid, signs, signsFrom: new Date(time), publishedUntil: undefined },
  })
  const keys = [key('next', '2030-01-20T00:00:00Z'), key('now', '2030-01-01T00:00:00Z', true)]
  expect(signingEnd(keys, 30)).toEqual(new Date('2030-01-20T00:00:00Z'))
  expect(signingEnd(keys.slice(1), 30)).toEqual(new Date('2030-01-31T00:00:00Z'))
  expect(signingEnd([], 30)).toBeUndefined()
})
