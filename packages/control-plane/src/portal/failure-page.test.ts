import { expect, test } from 'vitest'
import { ArmError } from '../arm/arm-error.ts'
import { ROLE } from '../authorization/role-definitions.ts'
import { failurePage, type RefusedRequest } from './failure-page.ts'
import { ApiRefusal } from './inner/api-refusal.ts'
import { PortalError } from './portal-error.ts'

const REQUEST: RefusedRequest = { method: 'POST', url: '/portal/roles', sent: {}, requestId: 'r-1' }

function refusal(status: number, code: string, message = 'no'): ApiRefusal {
  return new ApiRefusal(status, { error: { code, message } })
}

function bodyOf(error: ApiRefusal | PortalError, request: Partial<RefusedRequest> = {}): string {
  return failurePage(error, { ...REQUEST, ...request }).body.toString()
}

test('of a page that cannot be shown nothing is said that was to be done', () => {
  for (const error of [new PortalError('page_unknown'), refusal(400, 'InvalidFilterInQueryString')]) {
    const { title, body } = failurePage(error, { ...REQUEST, method: 'GET', url: '/portal/machines?tag=a' })
    expect(title).toBe('This cannot be shown')
    expect(body.toString()).toContain('<a href="/portal/machines">')
    expect(body.toString()).not.toContain('as it is now')
  }
  expect(failurePage(refusal(400, 'Bad'), REQUEST).title).toBe('This was not done')
})

test('the request is a link only where the audit trail can have an entry of it', () => {
  const isLinked = (error: ApiRefusal | PortalError, method: string) =>
    bodyOf(error, { method }).includes('/portal/audit?correlationId=r-1')
  expect(isLinked(refusal(403, 'AuthorizationFailed'), 'GET')).toBe(true)
  expect(isLinked(refusal(403, 'AuthorizationFailed'), 'POST')).toBe(true)
  expect(isLinked(new PortalError('unavailable'), 'POST')).toBe(true)
  expect(isLinked(new PortalError('unavailable'), 'GET')).toBe(false)
  expect(isLinked(refusal(400, 'InvalidResourceName'), 'POST')).toBe(false)
  expect(isLinked(new PortalError('page_unknown'), 'GET')).toBe(false)
})

test('a refusal is shown to its last word, however long it is', () => {
  const message = `${'The client may not do it. '.repeat(40)}Please refresh your credentials.`
  expect(bodyOf(refusal(403, 'AuthorizationFailed', message))).toContain(message)
})

test('what is not there is called so in words for people, without the link of Azure to its own manual', () => {
  const { message } = new ArmError('ResourceNotFound', {
    ...{ type: 'Microsoft.HybridCompute/machines', name: 'web-1', group: 'shop' },
  })
  expect(message).toContain('aka.ms')
  const text = bodyOf(refusal(404, 'ResourceNotFound', message))
  expect(text).toContain(
    'There is no “web-1” in the resource group “shop”. If there was one, it was deleted.',
  )
  expect(text).not.toContain('aka.ms')
})

test('what was sent is shown in the words of the form, and nothing of what nobody typed', () => {
  const sent = { principal: 'web-1', role: ROLE.reader, scope: '/here', assignment: 'g-1', reach: 'below' }
  const text = bodyOf(refusal(400, 'Bad'), { sent })
  for (const [label, value] of [
    ['To whom', 'web-1'],
    ['Role', 'Reader'],
    ['Where', '/here'],
  ]) {
    expect(text).toContain(`<dt><bdi>${label}</bdi></dt><dd><bdi>${value}</bdi></dd>`)
  }
  expect(text).not.toMatch(/g-1|below|assignment|scope/)
})

test('who sends a form without a session may sign in, and come back to its page', () => {
  const text = bodyOf(new PortalError('form_expired'), { sent: { back: '/portal/roles' } })
  expect(text).toContain('<a class="button" href="/portal/sign-in?back=%2Fportal%2Froles">Sign in</a>')
  expect(bodyOf(new PortalError('name_taken'))).not.toContain('Sign in')
})
