import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { makeKeys } from '../testing/trial.ts'
import { DATABASES } from '../testing/trial-database.ts'
import { codeOf, MANAGEMENT, ROLE, startTrialResourceManager } from '../testing/trial-resource-manager.ts'

const VERSION = '?api-version=2022-12-01'

describe('a caller', () => {
  test('sees the subscriptions in which it has a role, and no other', async () => {
    const { ask, addCaller, subscriptionId } = await startTrialResourceManager()
    const reader = await addCaller({ id: ROLE.reader, scope: `/subscriptions/${subscriptionId}` })
    const stranger = await addCaller()
    const scope = `/subscriptions/${subscriptionId}/resourceGroups/web`
    const groupReader = await addCaller({ id: ROLE.reader, scope })
    const seenFromBelow = await ask(`/subscriptions${VERSION}`, { as: groupReader })
    expect(seenFromBelow.body.value).toMatchObject([{ subscriptionId }])
    expect((await ask(`/subscriptions/${subscriptionId}${VERSION}`, { as: groupReader })).status).toBe(200)
    const seen = await ask(`/subscriptions${VERSION}`, { as: reader })
    expect(seen.body.value).toMatchObject([{ subscriptionId, displayName: 'Landfast', state: 'Enabled' }])
    expect((await ask(`/subscriptions${VERSION}`, { as: stranger })).body.value).toEqual([])
    const refused = await ask(`/subscriptions/${subscriptionId}${VERSION}`, { as: stranger })
    expect(codeOf(refused)).toEqual([403, 'AuthorizationFailed'])
    expect(refused.body.error.message).toBe(
      `The client '${stranger.clientId}' with object id '${stranger.principalId}' does not have authorization to perform action 'Microsoft.Resources/subscriptions/read' over scope '/subscriptions/${subscriptionId}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
    )
  })

  test('whose refusal is written into the audit trail is named there, with action and scope', async () => {
    const { ask, addCaller, subscriptionId, storage } = await startTrialResourceManager()
    const stranger = await addCaller()
    const correlationId = randomUUID()
    const headers = { 'x-ms-correlation-request-id': correlationId }
    await ask(`/subscriptions/${subscriptionId}${VERSION}`, { as: stranger, headers })
    const rows = await storage.db.selectFrom('audit').selectAll().where('outcome', '=', 'refused').execute()
    expect(rows).toMatchObject([
      {
        action: 'Microsoft.Resources/subscriptions/read',
        code: 'AuthorizationFailed',
        client_id: stranger.clientId,
        principal_id: stranger.principalId,
        resource_id: `/subscriptions/${subscriptionId}`,
        correlation_id: correlationId,
      },
    ])
  })

  test('lists its tenant', async () => {
    const { ask, tenantId } = await startTrialResourceManager()
    const { body } = await ask(`/tenants${VERSION}`)
    expect(body.value).toMatchObject([{ id: `/tenants/${tenantId}`, tenantId }])
  })
})

describe('a token', () => {
  test('is asked for, with the place to get one', async () => {
    const { ask, controlPlane, tenantId } = await startTrialResourceManager()
    const answer = await ask(`/subscriptions${VERSION}`, { as: undefined })
    expect(codeOf(answer)).toEqual([401, 'AuthenticationFailed'])
    expect(answer.headers['www-authenticate']).toBe(
      `Bearer authorization="${controlPlane.url}/${tenantId}", error="invalid_token", error_description="Authentication failed. The 'Authorization' header is missing."`,
    )
  })

  test('for the Resource Manager of Azure, by its older name too, or for the control plane itself is taken', async () => {
    const { ask, owner, tokenFor, controlPlane } = await startTrialResourceManager()
    const audiences = [MANAGEMENT, `${MANAGEMENT}/`, 'https://management.core.windows.net/', controlPlane.url]
    for (const audience of audiences) {
      const token = await tokenFor(owner.machine, audience)
      expect((await ask(`/subscriptions${VERSION}`, { as: { token } })).status, audience).toBe(200)
    }
  })

  test('for something else is refused, and the answer says what it should be for', async () => {
    const { ask, owner, tokenFor } = await startTrialResourceManager()
    const token = await tokenFor(owner.machine, 'https://storage.azure.com')
    const answer = await ask(`/subscriptions${VERSION}`, { as: { token } })
    expect(codeOf(answer)).toEqual([401, 'InvalidAuthenticationTokenAudience'])
    expect(answer.body.error.message).toContain(MANAGEMENT)
  })

  test('that has expired is refused', async () => {
    const { ask, clock } = await startTrialResourceManager()
    clock.advance(3600 + 299)
    expect((await ask(`/subscriptions${VERSION}`)).status).toBe(200)
    clock.advance(2)
    const answer = await ask(`/subscriptions${VERSION}`)
    expect(codeOf(answer)).toEqual([401, 'ExpiredAuthenticationToken'])
  })

  test('is worth nothing once its principal is disabled or deleted', async () => {
    const { ask, addCaller, registry } = await startTrialResourceManager()
    for (const end of ['disableMachine', 'deleteMachine'] as const) {
      const caller = await addCaller({ id: ROLE.reader, scope: '/' })
      expect((await ask(`/subscriptions${VERSION}`, { as: caller })).status).toBe(200)
      await registry[end](caller.machine.identity.resourceId)
      const answer = await ask(`/subscriptions${VERSION}`, { as: caller })
      expect(codeOf(answer)).toEqual([401, 'InvalidAuthenticationToken'])
    }
  })

  test('that is none, or was made by anybody else, is refused with one and the same sentence', async () => {
    const { ask, owner } = await startTrialResourceManager()
    const [header = '', claims = '', signature = ''] = owner.token.split('.')
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const decoded = JSON.parse(Buffer.from(claims, 'base64url').toString())
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString())
    const { privateKey } = await makeKeys('rsa')
    const forged = await new SignJWT(decoded).setProtectedHeader({ alg: 'RS256', kid }).sign(privateKey)
    const tokens = [
      'x',
      'a.b.c',
      `${header}.${claims}.`,
      `${header}.${encode({ ...decoded, oid: randomUUID() })}.${signature}`,
      `${encode({ alg: 'none' })}.${claims}.`,
      forged,
      await new SignJWT(decoded).setProtectedHeader({ alg: 'RS256', kid: 'unknown' }).sign(privateKey),
      await new SignJWT(decoded).setProtectedHeader({ alg: 'HS256', kid }).sign(Buffer.alloc(32)),
      'x'.repeat(15_000),
    ]
    for (const token of tokens) {
      const { status, body } = await ask(`/subscriptions${VERSION}`, { as: { token } })
      expect([status, body.error]).toEqual([
        401,
        { code: 'InvalidAuthenticationToken', message: 'The access token is invalid.' },
      ])
    }
  })

  test('is not what some other header says', async () => {
    const { ask } = await startTrialResourceManager()
    for (const Authorization of ['Bearer', 'Bearer ', 'Basic eDp5', 'bearer']) {
      const answer = await ask(`/subscriptions${VERSION}`, { as: undefined, headers: { Authorization } })
      expect(codeOf(answer), Authorization).toEqual([401, 'InvalidAuthenticationToken'])
    }
  })
})

describe('an api-version', () => {
  test('must be given', async () => {
    const { ask } = await startTrialResourceManager()
    expect(codeOf(await ask('/subscriptions'))).toEqual([400, 'MissingApiVersionParameter'])
    expect(codeOf(await ask('/subscriptions?api-version='))).toEqual([400, 'MissingApiVersionParameter'])
  })

  test('that is unknown is refused with a list of those that are known', async () => {
    const { ask } = await startTrialResourceManager()
    const answer = await ask('/subscriptions?api-version=1999-01-01')
    expect(codeOf(answer)).toEqual([400, 'InvalidApiVersionParameter'])
    expect(answer.body.error.message).toMatch(/1999-01-01.*2019-11-01, .*2022-12-01/)
  })
})

describe('a path', () => {
  test('is the same in any case, and with more slashes', async () => {
    const { ask, subscriptionId } = await startTrialResourceManager()
    const id = subscriptionId.toUpperCase()
    const { status, body } = await ask(`//SUBscriptions//${id}/?API-Version=2022-12-01`)
    expect([status, body.subscriptionId]).toEqual([200, subscriptionId])
  })

  test('at which there is nothing is refused in the form of the Resource Manager', async () => {
    const { ask } = await startTrialResourceManager()
    for (const path of ['/subscriptions/a/b/c', '/providers/x', '/landfast/v1/x', '/tenants/%ZZ']) {
      const { status, body } = await ask(path)
      expect(status).toBeOneOf([400, 404])
      expect(body.error.code).toMatch(/^[A-Z]\w+$/)
    }
  })

  test('of the authority keeps the form of the authority', async () => {
    const { ask, tenantId } = await startTrialResourceManager()
    const { status, body } = await ask(`/${tenantId}/x`)
    expect([status, body.error]).toEqual([404, 'invalid_request'])
  })

  test('with a subscription that is none, or is not here, is refused', async () => {
    const { ask } = await startTrialResourceManager()
    expect(codeOf(await ask(`/subscriptions/x${VERSION}`))).toEqual([400, 'InvalidSubscriptionId'])
    const unknown = await ask(`/subscriptions/${randomUUID()}${VERSION}`)
    expect(codeOf(unknown)).toEqual([404, 'SubscriptionNotFound'])
  })
})

test('every answer names its request, and the client by its own name if it wants that', async () => {
  const { ask } = await startTrialResourceManager()
  const correlationId = randomUUID()
  const named = await ask(`/subscriptions${VERSION}`, {
    headers: {
      'x-ms-correlation-request-id': correlationId,
      'x-ms-client-request-id': 'mine-1',
      'x-ms-return-client-request-id': 'true',
    },
  })
  expect(named.headers).toMatchObject({
    'x-ms-correlation-request-id': correlationId,
    'x-ms-client-request-id': 'mine-1',
    'x-ms-request-id': expect.stringMatching(/^[\da-f-]{36}$/),
  })
  const refused = await ask('/subscriptions', { headers: { 'x-ms-client-request-id': 'mine-1' } })
  expect(refused.headers['x-ms-request-id']).toBe(refused.headers['x-ms-correlation-request-id'])
  expect(refused.headers).not.toHaveProperty('x-ms-client-request-id')
})

test.each(DATABASES)(
  'a zero character in path, query or body is the caller’s fault, on %s',
  async (database) => {
    const { ask, subscriptionId, owner } = await startTrialResourceManager({ database })
    const roles = '/providers/Microsoft.Authorization/roleAssignments'
    const json = {
      properties: { principalId: owner.principalId, roleDefinitionId: ROLE.reader, description: 'a\0' },
    }
    const answers = [
      await ask(`${roles}/a%00?api-version=2022-04-01`),
      await ask(`${roles}?api-version=2022-04-01&$filter=principalId%20eq%20'%00'`),
      await ask(`${roles}/${subscriptionId}?api-version=2022-04-01`, { method: 'PUT', json }),
    ]
    expect(answers.map(codeOf)).toEqual(answers.map(() => [400, 'InvalidRequestContent']))
  },
)
