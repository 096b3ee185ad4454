/** The client against a running agent in every style. */

import { systemClock } from '@landfast/agent'
import { endpointVariables, STYLE_NAMES, type StyleName, styleOf } from '@landfast/protocol'
import { expect, test } from 'vitest'
import type { ManagedIdentityCredentialOptions } from '../../packages/client/src/credential-options.ts'
import { readDefaultOptions } from '../../packages/client/src/credential-options.ts'
import { explainIn } from '../../packages/client/src/explain.ts'
import { IDENTITY } from '../agent/fake-source.ts'
import { ASSIGNED, clientIdOf, type StyleEndpoints, startStyles } from '../agent/style-endpoints.ts'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { defaultCredential, managedCredential, surroundings } from './surrounded.ts'

const VAULT = 'https://vault.azure.net'
const SCOPE = `${VAULT}/.default`

/** An agent with every style, and surroundings in which one of them is found. */
async function startIn(style: StyleName) {
  const keyFolder = `${temporaryFolder()}/tokens`
  const styles = await startStyles({
    clock: systemClock,
    ...(style === 'arc' && { endpoints: [{ style, port: 0, keyFolder }] }),
  })
  const env = endpointVariables({ ...styles.locationOf(style), clientId: IDENTITY.clientId })
  return { styles, around: surroundings({ env, keyFolder }) }
}

function tokensOf({ source }: StyleEndpoints): number {
  return source.asked.length
}

test.each(STYLE_NAMES)('in the style %s both credentials get a token, and hold it', async (style) => {
  const { styles, around } = await startIn(style)
  const before = Date.now()
  const token = await managedCredential(around).getToken(SCOPE)
  expect(token).toMatchObject({ token: `token-1-for-${VAULT}`, tokenType: 'Bearer' })
  expect(token.expiresOnTimestamp).toBeGreaterThan(before + 3500_000)
  expect(token.expiresOnTimestamp).toBeLessThan(Date.now() + 3601_000)
  expect(token.refreshAfterTimestamp).toBeLessThan(token.expiresOnTimestamp)
  expect(await defaultCredential(around).getToken([SCOPE])).toBe(token)
  expect(tokensOf(styles)).toBe(1)
})

test.each(STYLE_NAMES)('in the style %s it is found by its own variables, and explained', async (style) => {
  const { around } = await startIn(style)
  const lines = await explainIn(readDefaultOptions({}, around), VAULT)
  expect(lines.split('\n')[0]).toMatch(new RegExp(`^chosen: ${style} \\(found by [A-Z_]+`))
  expect(lines).not.toContain('token-1')
})

const BY: Record<string, ManagedIdentityCredentialOptions> = {
  clientId: { clientId: ASSIGNED.clientId.toUpperCase() },
  objectId: { objectId: ASSIGNED.principalId },
  resourceId: { resourceId: ASSIGNED.resourceId },
}
const SELECTABLE: Record<StyleName, readonly string[]> = {
  arc: ['clientId', 'objectId', 'resourceId'],
  vm: ['clientId', 'objectId', 'resourceId'],
  'app-service': ['clientId', 'objectId', 'resourceId'],
  'app-service-2017': ['clientId'],
  'azure-ml': ['clientId'],
  'cloud-shell': [],
  'service-fabric': ['clientId', 'objectId', 'resourceId'],
}

for (const style of STYLE_NAMES) {
  test.each(SELECTABLE[style])(`in the style ${style} an assigned identity is selected by %s`, async (by) => {
    const { styles, around } = await startIn(style)
    await managedCredential(around, BY[by]).getToken(SCOPE)
    expect(clientIdOf(styles)).toBe(ASSIGNED.clientId)
  })

  test.each(Object.keys(BY).filter((by) => !SELECTABLE[style].includes(by)))(
    `in the style ${style} nothing is asked when one is selected by %s, since it would be passed over`,
    async (by) => {
      const { styles, around } = await startIn(style)
      await expect(managedCredential(around, BY[by]).getToken(SCOPE)).rejects.toMatchObject({
        code: 'identity_unselectable',
        name: 'CredentialUnavailableError',
        message: expect.stringContaining(`${style} selects`),
      })
      expect(tokensOf(styles)).toBe(0)
    },
  )
}

test.each(STYLE_NAMES.filter((style) => SELECTABLE[style].includes('clientId')))(
  'in the style %s an identity that is not assigned is refused, and a chain stops',
  async (style) => {
    const { styles, around } = await startIn(style)
    const clientId = '0b8f1c1e-6a0e-4f0a-9d0c-0000000000ff'
    await expect(managedCredential(around, { clientId }).getToken(SCOPE)).rejects.toMatchObject({
      code: 'identity_unknown',
      name: 'AuthenticationError',
      message: expect.stringContaining(clientId),
    })
    expect(tokensOf(styles)).toBe(0)
  },
)

test.each(STYLE_NAMES)('in the style %s the two identities never share a token', async (style) => {
  if (!SELECTABLE[style].includes('clientId')) return
  const { around } = await startIn(style)
  const own = await managedCredential(around).getToken(SCOPE)
  const assigned = await managedCredential(around, BY.clientId).getToken(SCOPE)
  expect(assigned.token).not.toBe(own.token)
  expect((await managedCredential(around).getToken(SCOPE)).token).toBe(own.token)
})

test.each(STYLE_NAMES)(
  'in the style %s AZURE_CLIENT_ID selects for DefaultCredential, as in the official chain',
  async (style) => {
    if (!SELECTABLE[style].includes('clientId')) return
    const { styles, around } = await startIn(style)
    const env = { ...around.env, AZURE_CLIENT_ID: ASSIGNED.clientId }
    await defaultCredential({ ...around, env }).getToken(SCOPE)
    expect(clientIdOf(styles)).toBe(ASSIGNED.clientId)
  },
)

test.each(STYLE_NAMES)(
  'in the style %s a challenge of claims brings a token that is not the refused one',
  async (style) => {
    const { around } = await startIn(style)
    const credential = managedCredential(around)
    const refused = await credential.getToken(SCOPE)
    const claims = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}'
    const anew = await credential.getToken(SCOPE, { claims })
    expect(anew.token).not.toBe(refused.token)
    expect(await credential.getToken(SCOPE)).toBe(anew)
  },
)

test.each(STYLE_NAMES)(
  'in the style %s a failure upstream is asked for again, and then said',
  async (style) => {
    const { styles, around } = await startIn(style)
    styles.source.failure = 'unavailable'
    await expect(managedCredential(around).getToken(SCOPE)).rejects.toMatchObject({
      code: 'endpoint_failed',
      name: 'AuthenticationError',
      statusCode: 503,
      message: expect.stringContaining('the authority does not answer'),
    })
    expect(around.waited).toHaveLength(3)
  },
)

test.each(STYLE_NAMES.filter((style) => styleOf(style).secretHeader))(
  'in the style %s a wrong secret is said, and not repeated',
  async (style) => {
    const { around } = await startIn(style)
    const env = Object.fromEntries(
      Object.entries(around.env).map(([name, value]) => [
        name,
        name === 'IDENTITY_HEADER' || name === 'MSI_SECRET' ? 'marked-secret' : value,
      ]),
    )
    const error = await managedCredential({ ...around, env })
      .getToken(SCOPE)
      .catch((caught) => caught)
    expect(error).toMatchObject({ code: 'endpoint_refused', statusCode: 401 })
    expect(error.message).not.toContain('marked-secret')
  },
)

test('in Service Fabric\u2019s style nothing is sent to an endpoint with another certificate', async () => {
  const { styles, around } = await startIn('service-fabric')
  const env = { ...around.env, IDENTITY_SERVER_THUMBPRINT: 'AB'.repeat(20) }
  await expect(managedCredential({ ...around, env }).getToken(SCOPE)).rejects.toMatchObject({
    code: 'certificate_mismatch',
    name: 'AuthenticationError',
  })
  expect(tokensOf(styles)).toBe(0)
})

test('in the Arc style a stopped agent stops a chain, and the message says where it was expected', async () => {
  const { styles, around } = await startIn('arc')
  await styles.agent.stop()
  await expect(managedCredential(around).getToken(SCOPE)).rejects.toMatchObject({
    name: 'AuthenticationError',
    message: expect.stringContaining(String(around.env.IDENTITY_ENDPOINT?.split('/metadata')[0])),
  })
})

test('many callers at once ask the agent once', async () => {
  const { styles, around } = await startIn('arc')
  const credential = managedCredential(around)
  const tokens = await Promise.all(Array.from({ length: 50 }, () => credential.getToken(SCOPE)))
  expect(new Set(tokens).size).toBe(1)
  expect(tokensOf(styles)).toBe(1)
})

test('who gives up waiting gets an AbortError, and others get the token', async () => {
  const { styles, around } = await startIn('vm')
  const gate = Promise.withResolvers<void>()
  styles.source.gate = gate.promise
  const credential = managedCredential(around)
  const controller = new AbortController()
  const impatient = credential.getToken(SCOPE, { abortSignal: controller.signal })
  const patient = credential.getToken(SCOPE)
  await expect.poll(() => tokensOf(styles)).toBe(1)
  controller.abort()
  await expect(impatient).rejects.toMatchObject({ name: 'AbortError' })
  gate.resolve()
  expect((await patient).token).toBe(`token-1-for-${VAULT}`)
})
