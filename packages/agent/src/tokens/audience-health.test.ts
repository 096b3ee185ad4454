import type { Identity } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { AudienceFailures } from './audience-health.ts'
import { SourceError, type SourceFailure } from './source.ts'

const IDENTITY = { tenantId: 't', clientId: 'c', principalId: 'p', resourceId: '/machines/web-1' }

function failed(audience: string, at = 0) {
  return { identity: IDENTITY, audience, error: new SourceError('unavailable', 'no answer'), at }
}

test('it is told which audience fails and why, and whether a token for it is there still', () => {
  const failures = new AudienceFailures()
  failures.note('vault', failed('vault'))
  failures.note('storage', failed('storage'))
  failures.note('gone', failed('gone'))
  failures.clear('gone')
  const held = (audience: string) => [audience, { identity: IDENTITY, audience }] as const
  const why = { failure: 'unavailable', reason: 'no answer', at: '1970-01-01T00:00:00.000Z' }
  const identity = '/machines/web-1'
  expect(failures.health(new Map([held('storage'), held('graph')]))).toEqual([
    { audience: 'vault', identity, ok: false, ...why },
    { audience: 'storage', identity, ok: true, ...why },
    { audience: 'graph', identity, ok: true },
  ])
})

test('however many audiences a caller invents, a bounded number is kept, the newest', () => {
  const failures = new AudienceFailures()
  for (let index = 0; index < 1_000; index += 1) failures.note(`${index}`, failed(`${index}`))
  const kept = failures.health(new Map())
  expect([kept.length, kept.at(-1)?.audience]).toEqual([100, '999'])
})

const ENTRA = { ...IDENTITY, clientId: 'e', resourceId: '', authority: 'entra' } as const

test('what was asked for in vain within an hour is a fault, unless it is served or passes', () => {
  const failures = new AudienceFailures()
  const note = (audience: string, failure: SourceFailure, { at = 0, identity = IDENTITY as Identity } = {}) =>
    failures.note(audience, { identity, audience, error: new SourceError(failure, 'why'), at })
  note('vault', 'resource_refused')
  note('vault', 'resource_refused', { at: 10 })
  note('served', 'resource_refused')
  note('mended', 'resource_refused')
  failures.clear('mended')
  for (const failure of ['refused', 'unavailable', 'throttled'] as const) note(failure, failure)
  note('graph', 'unavailable', { identity: ENTRA })
  const faults = (now: number) => failures.faults(new Set(['served']), { own: IDENTITY, now })
  const vault = { audience: 'vault', identity: 'web-1', isOwn: true, code: 'resource_refused' }
  const graph = { audience: 'graph', identity: 'e', isOwn: false, code: 'upstream_unavailable' }
  expect(faults(20)).toEqual([
    { ...vault, message: 'why', since: 0 },
    { ...graph, message: 'why', since: 0 },
  ])
  expect(faults(3_600_009).map(({ audience }) => audience)).toEqual(['vault'])
  expect(faults(3_600_010)).toEqual([])
})
