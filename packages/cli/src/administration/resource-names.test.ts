import { expect, test } from 'vitest'
import { checkedScope, listPathOf, MACHINE_TYPE, resourceIdOf, segment } from './resource-names.ts'
import type { Session } from './session.ts'

const SESSION = { login: { subscriptionId: 'sub' } } as Session
const GROUP = '/subscriptions/sub/resourceGroups'

test('a name is looked for in the group "landfast" of the login’s subscription, or where flags say', () => {
  const type = MACHINE_TYPE
  expect(resourceIdOf(SESSION, 'web-1', { type })).toBe(`${GROUP}/landfast/providers/${type}/web-1`)
  const place = { type, resourceGroup: 'a b', subscriptionId: 'other' }
  expect(resourceIdOf(SESSION, 'x/y', place)).toBe(
    `/subscriptions/other/resourceGroups/a%20b/providers/${type}/x%2Fy`,
  )
  expect(listPathOf(SESSION, { type })).toBe(`/subscriptions/sub/providers/${type}`)
})

test('an id says everything itself, in any case, but must be of the type', () => {
  const id = `${GROUP}/g/providers/microsoft.hybridcompute/Machines/web-1`
  expect(resourceIdOf(SESSION, id, { type: MACHINE_TYPE, resourceGroup: 'x' })).toBe(id)
  expect(() => resourceIdOf(SESSION, `${GROUP}/g`, { type: MACHINE_TYPE })).toThrow(/is no id of/)
})

test.each(['', '.', '..'])('"%s" is no name', (text) => {
  expect(() => segment(text)).toThrow(expect.objectContaining({ code: 'argument_invalid' }))
})

test.each(['/', '/subscriptions/s', '/subscriptions/s/resourceGroups/g/'])('"%s" is a scope', (text) => {
  expect(checkedScope(text)).toBe(text === '/' ? '/' : text.replace(/\/$/, ''))
})

test.each(['', 's', '//', '/a//b', '/a?b', '/a#b', '/a/../b', '/a/.', '/a/%2e%2e', '/a b', '/a\n'])(
  '%j is no scope',
  (text) => {
    expect(() => checkedScope(text)).toThrow(expect.objectContaining({ code: 'argument_invalid' }))
  },
)

test('without a subscription it is said how to name one', () => {
  const session = { login: {} } as Session
  expect(() => listPathOf(session, { type: MACHINE_TYPE })).toThrow(
    expect.objectContaining({ code: 'argument_missing' }),
  )
})
