import { HEALTH_PARTS_MAX } from '@landfast/protocol'
import { expect, test } from 'vitest'
import type { PartLook } from './part-look.ts'
import { ToldHealth } from './told-health.ts'

const good = (part: string): PartLook => ({ part, fault: undefined })
const bad = (part: string, code = 'audit_unwritable'): PartLook => ({ part, fault: { code, message: 'm' } })

function setUp() {
  const clock = { now: 0 }
  return { clock, health: new ToldHealth(() => clock.now) }
}

const at = (milliseconds: number) => new Date(milliseconds).toISOString()

test('each part is told since when it is as it is, and with the code of what is wrong', () => {
  const { clock, health } = setUp()
  const started = [
    { part: 'clock', ok: true, since: at(0) },
    { part: 'audit-log', ok: true, since: at(0) },
  ]
  expect(health.of([good('clock'), good('audit-log')])).toEqual(started)
  clock.now = 5
  const failing = { part: 'audit-log', ok: false, code: 'audit_unwritable', since: at(5) }
  expect(health.of([good('clock'), bad('audit-log')])).toEqual([failing, started[0]])
  clock.now = 9
  expect(health.of([good('clock'), bad('audit-log')])).toEqual([failing, started[0]])
  expect(health.of([good('clock'), bad('audit-log', 'internal')])).toEqual([
    { ...failing, code: 'internal', since: at(9) },
    started[0],
  ])
  expect(health.of([good('clock'), good('audit-log')])[1]).toEqual({ ...started[1], since: at(9) })
})

test('a part that knows itself since when it fails is believed', () => {
  const { clock, health } = setUp()
  clock.now = 100
  const look = { part: 'token a', fault: { code: 'resource_refused', message: 'm', since: 40 } }
  expect(health.of([look])).toMatchObject([{ since: at(40) }])
})

test('however many parts there are, a bounded number is told, and what fails first', () => {
  const { health } = setUp()
  const goods = Array.from({ length: 100 }, (_, index) => good(`endpoint ${index}`))
  const told = health.of([...goods, bad('clock')])
  expect([told.length, told[0]?.part]).toEqual([HEALTH_PARTS_MAX, 'clock'])
})

test('of two parts of one name the one that fails is told', () => {
  expect(setUp().health.of([good('endpoint vm'), bad('endpoint vm')])).toMatchObject([{ ok: false }])
})

test('a sentence is no code, and is not told', () => {
  const told = setUp().health.of([bad('clock', 'the secret is "x"')])
  expect(told).toMatchObject([{ code: 'internal' }])
  expect(JSON.stringify(told)).not.toContain('secret')
})
