import { readFile } from 'node:fs/promises'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readEncryptionKey } from '../storage/sealed-text.ts'
import { beginSession, resumes } from '../testing/tls-sessions.ts'
import { createClock, startTrial } from '../testing/trial.ts'
import { DATABASES } from '../testing/trial-database.ts'
import { openTrialRegistry, type TrialRegistry } from '../testing/trial-registry.ts'
import { openTicketKeys, type TicketKeyParts } from './ticket-keys.ts'

const SIX_HOURS_SECONDS = 6 * 3600

async function open({ storage, encryptionKey }: TrialRegistry, given: Partial<TicketKeyParts> = {}) {
  const log = pino({ enabled: false })
  const keys = await openTicketKeys({ storage, encryptionKey, log, now: () => new Date(), ...given })
  onTestFinished(() => keys.stop())
  return keys
}

describe.each(DATABASES)('on %s', (database) => {
  test('of replicas that make the key at the same time, all get the same, and it is not in the database in clear', async () => {
    const registry = await openTrialRegistry(() => new Date(), { database })
    const opened = await Promise.all([open(registry), open(registry)])
    const [one, other] = opened.map(({ present }) => present.toString('hex'))
    expect(one).toBe(other)
    const rows = await registry.db.selectFrom('ticket_key').selectAll().execute()
    expect(rows.map(({ private_key }) => private_key.slice(0, 5))).toEqual(['lfs1.'])
  })

  test('after its term every replica uses another key from the same moment on, and the former is deleted', async () => {
    const clock = createClock()
    const { now } = clock
    const registry = await openTrialRegistry(now, { database })
    const replicas = [await open(registry, { now }), await open(registry, { now })]
    const first = replicas[0]?.present
    const told: Buffer[] = []
    replicas[1]?.watch((key) => told.push(key))
    clock.advance(SIX_HOURS_SECONDS - 60)
    for (const replica of replicas) await replica.refresh()
    expect([told, replicas[1]?.present.equals(first ?? Buffer.of())]).toEqual([[], true])
    clock.advance(60)
    for (const replica of replicas) await replica.refresh()
    expect(told).toEqual([replicas[0]?.present])
    expect(told[0]?.equals(first ?? Buffer.of())).toBe(false)
    expect(await registry.db.selectFrom('ticket_key').selectAll().execute()).toHaveLength(1)
  })
})

test('a key that another encryption key sealed is replaced, and no reason not to start', async () => {
  const registry = await openTrialRegistry(() => new Date())
  const former = await open(registry, {
    encryptionKey: readEncryptionKey(Buffer.alloc(32, 7).toString('base64')),
  })
  const { present } = await open(registry)
  expect(present.equals(former.present)).toBe(false)
  expect((await open(registry)).present.equals(present)).toBe(true)
})

test('a client resumes its session at another replica, and after that one has another certificate', async () => {
  const one = await startTrial({ database: 'postgres' })
  // Node.js keeps sessions of processes with other arguments apart.
  process.argv.push('--config', 'another.yaml')
  onTestFinished(() => void process.argv.splice(-2))
  const other = await startTrial(one.databaseUrl === undefined ? {} : { databaseUrl: one.databaseUrl })
  const ca = await readFile(one.controlPlane.caFile)
  const session = await beginSession(one.controlPlane.url, ca)
  expect(await resumes(session, other.controlPlane.url, ca)).toBe(true)
  await other.controlPlane.reloadCertificate()
  expect(await resumes(session, other.controlPlane.url, ca)).toBe(true)
})

test('a client resumes its session after a restart', async () => {
  const { controlPlane, stateFolder } = await startTrial({ database: 'sqlite' })
  const ca = await readFile(controlPlane.caFile)
  const session = await beginSession(controlPlane.url, ca)
  await controlPlane.stop()
  const again = await startTrial({ database: 'sqlite', stateFolder })
  expect(await resumes(session, again.controlPlane.url, ca)).toBe(true)
})
