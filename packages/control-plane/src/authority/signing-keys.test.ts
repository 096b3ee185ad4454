import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readEncryptionKey } from '../storage/sealed-text.ts'
import { createClock } from '../testing/trial.ts'
import { DATABASES, type TrialDatabase } from '../testing/trial-database.ts'
import { openTrialRegistry, type TrialRegistry } from '../testing/trial-registry.ts'
import { rotateSigningKey } from './signing-key-rotation.ts'
import { readSigningKeys } from './signing-key-store.ts'
import { openSigningKeys, type SigningKeys } from './signing-keys.ts'

const DAY_SECONDS = 86_400

/** A database with a function that opens its keys as one more replica would. */
async function openTrial(database: TrialDatabase) {
  const clock = createClock()
  const trial = await openTrialRegistry(clock.now, { database })
  return { ...trial, clock, replica: () => openReplica(trial, clock.now) }
}

async function openReplica(
  { storage, encryptionKey }: Pick<TrialRegistry, 'storage' | 'encryptionKey'>,
  now: () => Date,
): Promise<SigningKeys> {
  const log = pino({ enabled: false })
  const keys = await openSigningKeys({ storage, encryptionKey, rotationDays: 30, log, now })
  onTestFinished(() => keys.close())
  return keys
}

const kids = (keys: SigningKeys) => keys.published().map(({ kid }) => kid)
const currentKid = (keys: SigningKeys) => keys.current().published.kid

describe.each(DATABASES)('on %s', (database) => {
  test('replicas have the same keys, and its private half is not in the database in clear', async () => {
    const { replica, db } = await openTrial(database)
    const [one, other] = [await replica(), await replica()]
    expect(kids(other)).toEqual(kids(one))
    const row = await db.selectFrom('signing_key').selectAll().executeTakeFirstOrThrow()
    expect(row.private_key).toMatch(/^lfs1\./)
  })

  test('replicas that start at the same time make one first key', async () => {
    const { replica, db } = await openTrial(database)
    const [one, other] = await Promise.all([replica(), replica()])
    expect(currentKid(one)).toBe(currentKid(other))
    expect(await db.selectFrom('signing_key').select('kid').execute()).toHaveLength(1)
  })

  test('a planned rotation publishes the new key for a day before it signs, and the old one for a day after', async () => {
    const { replica, clock } = await openTrial(database)
    const keys = await replica()
    const old = currentKid(keys)
    const { kid, signsFrom } = await keys.rotate({ urgency: 'planned' })
    expect(signsFrom.getTime()).toBe(clock.now().getTime() + DAY_SECONDS * 1000)
    expect([currentKid(keys), kids(keys)]).toEqual([old, [old, kid]])
    clock.advance(DAY_SECONDS)
    expect([currentKid(keys), kids(keys)]).toEqual([kid, [old, kid]])
    clock.advance(DAY_SECONDS + 3_600)
    expect(kids(keys)).toEqual([old, kid])
    clock.advance(3_600)
    expect(kids(keys)).toEqual([kid])
  })

  test('rotations that race, also on two replicas, make one key', async () => {
    for (const urgency of ['planned', 'immediate'] as const) {
      const { replica, db } = await openTrial(database)
      const [one, other] = [await replica(), await replica()]
      const rotated = await Promise.all([one, other, one].map((keys) => keys.rotate({ urgency })))
      expect(new Set(rotated.map(({ kid }) => kid)).size).toBe(1)
      expect(await db.selectFrom('signing_key').select('kid').execute()).toHaveLength(2)
      const audit = await db
        .selectFrom('audit')
        .where('action', '=', 'rotate-signing-key')
        .selectAll()
        .execute()
      expect(audit).toHaveLength(2)
    }
  })

  test('on its schedule a key is made a day ahead by whichever replica looks first, and the other finds it', async () => {
    const { replica, clock, db } = await openTrial(database)
    const one = await replica()
    const first = currentKid(one)
    clock.advance(29 * DAY_SECONDS)
    const other = await replica()
    const second = kids(other)[1] ?? ''
    expect([currentKid(other), kids(other).length]).toEqual([first, 2])
    expect(kids(one)).toEqual([first])
    expect((await one.seek(second))?.kid).toBe(second)
    clock.advance(DAY_SECONDS)
    expect([currentKid(one), currentKid(other)]).toEqual([second, second])
    expect(await db.selectFrom('signing_key').select('kid').execute()).toHaveLength(2)
  })

  test('an unknown key id makes the table be read once in five seconds and no more', async () => {
    const { replica, clock } = await openTrial(database)
    const [one, other] = [await replica(), await replica()]
    expect(await one.seek('nobody')).toBeUndefined()
    const { kid } = await other.rotate({ urgency: 'immediate' })
    expect(await one.seek(kid)).toBeUndefined()
    clock.advance(5)
    expect((await one.seek(kid))?.kid).toBe(kid)
  })

  test('an immediate rotation signs at once, with the key that waits if there is one', async () => {
    const { replica } = await openTrial(database)
    const keys = await replica()
    const old = currentKid(keys)
    const { kid } = await keys.rotate({ urgency: 'planned' })
    expect((await keys.rotate({ urgency: 'immediate' })).kid).toBe(kid)
    expect([currentKid(keys), kids(keys)]).toEqual([kid, [old, kid]])
  })

  test('a compromised key is kept no more, nor one that was to sign after it', async () => {
    const { replica, db, clock } = await openTrial(database)
    const keys = await replica()
    const old = currentKid(keys)
    const { kid: planned } = await keys.rotate({ urgency: 'planned' })
    const { kid } = await keys.rotate({ urgency: 'compromised' })
    expect([old, planned]).not.toContain(kid)
    expect([kids(keys), keys.find(old), keys.find(planned)]).toEqual([[kid], undefined, undefined])
    expect(await db.selectFrom('signing_key').select('kid').execute()).toEqual([{ kid }])
    clock.advance(2 * DAY_SECONDS)
    await keys.refresh()
    expect([currentKid(keys), kids(keys)]).toEqual([kid, [kid]])
  })

  test('a successor that was made by itself is withdrawn with the compromised key', async () => {
    const { replica, clock } = await openTrial(database)
    const keys = await replica()
    clock.advance(29 * DAY_SECONDS)
    await keys.refresh()
    const before = kids(keys)
    expect(before).toHaveLength(2)
    const { kid } = await keys.rotate({ urgency: 'compromised' })
    expect(before).not.toContain(kid)
    expect(kids(keys)).toEqual([kid])
  })

  test('a key that another replica has just made is withdrawn as well, though this one has not seen it', async () => {
    const { replica } = await openTrial(database)
    const [one, other] = [await replica(), await replica()]
    const { kid: immediate } = await one.rotate({ urgency: 'immediate' })
    const { kid } = await other.rotate({ urgency: 'compromised' })
    expect(kid).not.toBe(immediate)
    await one.refresh()
    expect([kids(one), kids(other)]).toEqual([[kid], [kid]])
  })

  test('a rotation that was decided before the word was given brings nothing older back', async () => {
    const { replica } = await openTrial(database)
    const [one, other] = [await replica(), await replica()]
    const before = currentKid(one)
    for (const urgency of ['planned', 'immediate'] as const) {
      const [, { kid }] = await Promise.all([
        one.rotate({ urgency }),
        other.rotate({ urgency: 'compromised' }),
        one.rotate({ urgency }),
      ])
      await Promise.all([one.refresh(), other.refresh()])
      expect([kids(one), kids(other)]).toEqual([[kid], [kid]])
      expect(kid).not.toBe(before)
    }
  })

  test('of two words at once each makes a key, and the one that stays is younger than both', async () => {
    const { replica, db } = await openTrial(database)
    const [one, other] = [await replica(), await replica()]
    const made = await Promise.all([one, other].map((keys) => keys.rotate({ urgency: 'compromised' })))
    const kept = await db.selectFrom('signing_key').select('kid').execute()
    expect(kept).toHaveLength(1)
    expect(made.map(({ kid }) => kid)).toContain(kept[0]?.kid)
    expect(new Set(made.map(({ kid }) => kid)).size).toBe(2)
  })

  test('a key that was made before another word was given is no answer to it', async () => {
    const { replica, storage } = await openTrial(database)
    const keys = await replica()
    const seen = await readSigningKeys(storage.db)
    const { kid } = await keys.rotate({ urgency: 'compromised' })
    const candidate = { kid: 'made before', certificate: '' }
    const rotation = { urgency: 'compromised' } as const
    const step = { seen, candidate, seal: async () => '', rotation, now: new Date() }
    expect(await rotateSigningKey(storage, step)).toBeUndefined()
    expect(await storage.db.selectFrom('signing_key').select('kid').execute()).toEqual([{ kid }])
  })

  test('keys that were made while the clock was far ahead are put in order once it is right', async () => {
    const { replica, clock, db } = await openTrial(database)
    clock.advance(3_650 * DAY_SECONDS)
    const keys = await replica()
    await keys.rotate({ urgency: 'planned' })
    const before = kids(keys)
    clock.advance(-3_650 * DAY_SECONDS)
    await keys.refresh()
    const time = clock.now().getTime()
    const rows = await db.selectFrom('signing_key').select('signs_from').execute()
    for (const { signs_from } of rows) expect(signs_from).toBeLessThanOrEqual(time + DAY_SECONDS * 1000 + 10)
    expect(kids(keys)).toEqual(before)
    clock.advance(31 * DAY_SECONDS)
    await keys.refresh()
    expect(kids(keys).length).toBeGreaterThan(0)
    expect(kids(keys).some((kid) => !before.includes(kid))).toBe(true)
  })

  test('a wrong encryption key is found when the keys are opened', async () => {
    const { replica, storage } = await openTrial(database)
    await replica()
    const encryptionKey = readEncryptionKey(randomBytes(32).toString('base64'))
    await expect(openReplica({ storage, encryptionKey }, () => new Date())).rejects.toMatchObject({
      code: 'encryption_key_wrong',
    })
  })
})
