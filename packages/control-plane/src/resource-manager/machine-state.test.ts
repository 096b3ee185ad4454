import { describe, expect, test } from 'vitest'
import { DATABASES, type TrialDatabase } from '../testing/trial-database.ts'
import { startTrialOnboarding } from '../testing/trial-onboarding.ts'
import { codeOf } from '../testing/trial-resource-manager.ts'

const VERBS = ['disable', 'enable', 'accept-restored'] as const

/** A machine, its ETag at any time, and what can be done with it. */
async function start(database: TrialDatabase) {
  const trial = await startTrialOnboarding({ database })
  const machine = await trial.enrolMachine('web-1')
  const { resourceId } = machine.identity
  const read = () => trial.ask(`${resourceId}?api-version=2025-01-13`)
  return {
    ...trial,
    machine,
    read,
    etag: async () => String((await read()).headers.etag),
    act: (verb: string, condition?: string) =>
      trial.ask(`/landfast/v1/machines/${verb}`, {
        method: 'POST',
        json: { resourceId },
        ...(condition !== undefined && { headers: { 'If-Match': condition } }),
      }),
  }
}

describe.each(DATABASES)('on %s', (database) => {
  test.each(VERBS)('of several who saw the same machine one does "%s"', async (verb) => {
    const { act, etag } = await start(database)
    const seen = await etag()
    const answers = await Promise.all([act(verb, seen), act(verb, seen), act(verb, seen)])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412, 412])
    const won = answers.find(({ status }) => status === 200)
    expect(won?.headers.etag).toBe(await etag())
  })

  test('what was seen before a machine was disabled does not enable it, and what was seen after does', async () => {
    const { act, etag, read } = await start(database)
    await act('disable')
    const stale = await etag()
    await act('enable')
    await act('disable')
    expect(codeOf(await act('enable', stale))).toEqual([412, 'PreconditionFailed'])
    expect((await read()).body.properties.statusReason).toBe('Disabled')
    expect((await act('enable', await etag())).status).toBe(200)
    expect((await read()).body.properties.statusReason).toBeUndefined()
  })
})

test('a refused condition leaves no entry, and without a condition each action is done again', async () => {
  const { act, audited } = await start('sqlite')
  for (const verb of VERBS) {
    expect([verb, codeOf(await act(verb, '"of.1"'))]).toEqual([verb, [412, 'PreconditionFailed']])
    for (const _ of [1, 2]) expect([verb, (await act(verb)).status]).toEqual([verb, 200])
    expect([verb, (await audited(`${verb}-machine`)).map(({ outcome }) => outcome)]).toEqual([
      verb,
      ['done', 'done'],
    ])
  }
})

test('a heartbeat leaves the ETag as it is', async () => {
  const { beat, machine, etag } = await start('sqlite')
  const before = await etag()
  expect((await beat(machine, machine.nonce)).status).toBe(200)
  expect(await etag()).toBe(before)
})
