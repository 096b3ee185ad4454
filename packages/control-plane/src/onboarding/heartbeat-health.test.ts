/** What a heartbeat tells of the parts of a machine's agent. */

import { describe, expect, test } from 'vitest'
import { DATABASES } from '../testing/trial-database.ts'
import { startTrialOnboarding, type TrialOnboarding } from '../testing/trial-onboarding.ts'

const SINCE = '2026-11-27T08:10:00.000Z'
const GOOD = { part: 'clock', ok: true, since: SINCE }
const BAD = { part: 'token https://vault.azure.net', ok: false, code: 'resource_refused', since: SINCE }

async function machineOf(trial: TrialOnboarding, resourceId: string) {
  const { body, headers } = await trial.ask(`${resourceId}?api-version=2025-01-13`)
  const { landfastHealth: health, errorDetails } = body.properties
  return { health, errorDetails, etag: headers.etag }
}

/** A machine that has sent its first heartbeat, and its next ones. */
async function start(database: (typeof DATABASES)[number] = 'sqlite') {
  const trial = await startTrialOnboarding({ database })
  const machine = await trial.enrolMachine()
  let nonce = machine.nonce
  const beat = async (changes: Record<string, unknown> = {}) => {
    const answer = await trial.beat(machine, nonce, changes)
    nonce = answer.body.nonce ?? nonce
    return answer
  }
  await beat()
  return { trial, beat, look: () => machineOf(trial, machine.identity.resourceId), machine }
}

describe.each(DATABASES)('on %s', (database) => {
  test('what a machine tells of its parts is shown, and changes nothing that an administrator has written', async () => {
    const { trial, beat, look } = await start(database)
    const before = await look()
    expect(before).toMatchObject({ health: undefined, errorDetails: [] })
    const { body } = await beat({ health: [BAD, GOOD] })
    expect(body.healthTaken).toBe(true)
    expect(await look()).toEqual({
      health: { state: 'Failing', reportedAt: trial.clock.now().toISOString(), parts: [BAD, GOOD] },
      errorDetails: [
        {
          code: 'resource_refused',
          target: BAD.part,
          message: expect.stringContaining(`"${BAD.part}" fails since ${SINCE}`),
        },
      ],
      etag: before.etag,
    })
    await beat({ health: [GOOD] })
    expect(await look()).toMatchObject({ health: { state: 'Good', parts: [GOOD] }, errorDetails: [] })
  })

  test('a heartbeat that tells nothing, or the same, leaves it as it is', async () => {
    const { trial, beat, look } = await start(database)
    await beat({ health: [BAD] })
    const told = await look()
    trial.clock.advance(300)
    expect((await beat()).body.healthTaken).toBeUndefined()
    expect((await beat({ health: [BAD] })).body.healthTaken).toBe(true)
    expect(await look()).toEqual(told)
  })

  test('an agent that starts and tells nothing of its parts is an older one: what was told is over', async () => {
    const { beat, look } = await start(database)
    await beat({ health: [BAD] })
    expect((await beat({ properties: { osName: 'linux' } })).status).toBe(200)
    expect(await look()).toMatchObject({ health: undefined, errorDetails: [] })
  })

  test('a refused heartbeat tells nothing', async () => {
    const { trial, beat, look, machine } = await start(database)
    await beat()
    expect((await trial.beat(machine, 'guessed', { health: [BAD] })).status).toBe(409)
    expect((await look()).health).toBeUndefined()
  })

  test('of two heartbeats of one machine in one commit the last counts', async () => {
    const { trial, look, machine, beat } = await start(database)
    const { body } = await beat()
    const health = (part: string) => [{ ...GOOD, part }]
    await Promise.all([
      trial.beat(machine, body.nonce, { health: health('a') }),
      trial.beat(machine, body.nonce, { health: health('b') }),
    ])
    expect(['a', 'b']).toContain((await look()).health.parts[0].part)
  })

  test('it goes with the machine', async () => {
    const { trial, beat, machine } = await start(database)
    await beat({ health: [BAD] })
    const path = `${machine.identity.resourceId}?api-version=2024-07-10`
    expect((await trial.ask(path, { method: 'DELETE' })).status).toBe(200)
    expect(await trial.storage.db.selectFrom('machine_health').selectAll().execute()).toEqual([])
  })
})

const HOSTILE = [
  ['no list', { part: 'clock' }],
  ['1,000 entries', Array(1_000).fill(GOOD)],
  ['17 entries', Array(17).fill(GOOD)],
  ['an entry that is none', ['clock']],
  ['no part', [{ ok: true, since: SINCE }]],
  ['a part of 10,000 characters', [{ ...GOOD, part: 'a'.repeat(10_000) }]],
  ['a part whose word has 10,000 characters', [{ ...GOOD, part: `a ${'b'.repeat(10_000)}` }]],
  ['a part with markup for a kind', [{ ...GOOD, part: '<b>clock</b>' }]],
  ['a part that turns the line round', [{ ...GOOD, part: 'token a\u202eb' }]],
  ['a part with a line break', [{ ...GOOD, part: 'token a\nb' }]],
  ['an empty part', [{ ...GOOD, part: '' }]],
  ['a sentence for a code', [{ ...BAD, code: 'the secret is hunter2' }]],
  ['markup for a code', [{ ...BAD, code: '<script>' }]],
  ['a code of 65 characters', [{ ...BAD, code: 'a'.repeat(65) }]],
  ['an empty code', [{ ...BAD, code: '' }]],
  ['a number for a code', [{ ...BAD, code: 7 }]],
  ['a text for whether it is good', [{ ...GOOD, ok: 'yes' }]],
  ['a time that is none', [{ ...GOOD, since: '2026-13-01T00:00:00Z' }]],
  ['a time with more behind it', [{ ...GOOD, since: `${SINCE}<b>` }]],
]

test('a heartbeat whose health is of another form is refused, and nothing is kept', async () => {
  const { beat, look } = await start()
  for (const [what, health] of HOSTILE) {
    const { status, body } = await beat({ health })
    expect([what, status, body.error?.code]).toEqual([what, 400, 'InvalidRequestContent'])
  }
  expect((await look()).health).toBeUndefined()
  expect((await beat()).status).toBe(200)
})

test('of what a later agent adds to a part nothing is kept, and no code of a part that is good', async () => {
  const { beat, look } = await start()
  const later = { ...GOOD, code: 'none', secret: 'marked' }
  expect((await beat({ health: [later] })).status).toBe(200)
  expect((await look()).health.parts).toEqual([GOOD])
})
