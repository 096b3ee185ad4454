/** The requests of clients that cannot be run here, replayed against a running agent, and the answers as they read them. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { STYLES, type StyleName, WireError, type WireErrorCode } from '@landfast/protocol'
import { describe, expect, test } from 'vitest'
import { valuesOf } from '../../test/agent/raw-http.ts'
import { clientIdOf } from '../../test/agent/style-endpoints.ts'
import { temporaryFolder } from '../../test/agent/temporary-folder.ts'
import { type CaseName, caseOf } from '../cases.ts'
import type { StyleVectors, VectorClient } from './client-vectors.ts'
import { VECTOR_CLIENTS, vectorCells } from './clients.ts'
import { RESOURCE, type Replayed, replay, type Site, startSite } from './replay.ts'

/** A client calls a token expired that has less left. */
const MARGIN_SECONDS = 300

/** The site in the state that the case wants. */
async function siteOf(name: CaseName): Promise<Site> {
  if (name === 'denied') {
    const policy = join(temporaryFolder(), 'policy.yaml')
    writeFileSync(policy, JSON.stringify({ rules: caseOf(name).policy }))
    return startSite({ policy })
  }
  const site = await startSite()
  if (name === 'wrong-resource') site.source.failure = 'resource_refused'
  return site
}

function expectToken({ token, refusal }: Replayed, site: Site, name: CaseName): void {
  expect(refusal?.shown).toBeUndefined()
  expect(token?.accessToken).toBe(`token-1-for-${RESOURCE}`)
  expect(token?.expiresInSeconds).toBeGreaterThan(MARGIN_SECONDS)
  expect(token?.expiresInSeconds).toBeLessThanOrEqual(site.source.lifetimeSeconds)
  expect(site.source.asked.map(({ audience }) => audience)).toEqual([RESOURCE])
  expect(clientIdOf(site) === 'the machine').toBe(name === 'system-assigned')
}

/** The sentence may stand in JSON, as C++ shows a whole answer. */
function expectRefusal(
  { refusal, answers }: Replayed,
  code: WireErrorCode,
  retried: readonly number[],
): void {
  const { message, status } = new WireError(code)
  const shown = refusal?.shown ?? 'it got a token'
  expect(
    [message, JSON.stringify(message).slice(1, -1)].some((text) => shown.includes(text)),
    shown,
  ).toBe(true)
  expect(answers.at(-1)?.status).toBe(status)
  expect(retried).not.toContain(status)
}

const CODES: Partial<Record<CaseName, WireErrorCode>> = {
  unassigned: 'identity_not_found',
  'wrong-resource': 'resource_refused',
  denied: 'policy_denied',
}

function vectorsOf(client: VectorClient, style: StyleName): StyleVectors {
  return client.styles[style] ?? { request: [], selectors: {} }
}

for (const client of VECTOR_CLIENTS) {
  describe(`${client.name} ${client.version}`, () => {
    const cells = vectorCells().filter(
      ({ client: name, version, missing }) => !missing && name === client.name && version === client.version,
    )
    test.each(cells.map(({ style, name }) => [style, name] as const))(
      'in the style %s, case %s',
      async (style, name) => {
        const site = await siteOf(name)
        const replayed = await replay(site, client, style, name)
        const difference = vectorsOf(client, style).differences?.[name]
        const code = CODES[name]
        if (difference) expect(replayed.refusal?.shown).toMatch(difference.shows)
        else if (code) expectRefusal(replayed, code, client.rules.retried(style))
        else expectToken(replayed, site, name)
      },
    )
  })
}

test('the challenge comes in one header, and nothing with it makes a client wait', async () => {
  for (const client of VECTOR_CLIENTS) {
    const { answers } = await replay(await startSite(), client, 'arc', 'system-assigned')
    expect(answers.map(({ status }) => status)).toEqual([401, 200])
    const [challenge] = answers
    if (!challenge) continue
    expect(valuesOf(challenge, 'www-authenticate')).toHaveLength(1)
    expect(valuesOf(challenge, 'retry-after')).toEqual([])
  }
})

test('what a client refuses by itself says why', () => {
  for (const { missing } of vectorCells()) if (missing !== undefined) expect(missing).toMatch(/\w/)
})

test('there is a request for every style that one of these clients knows', () => {
  const known = new Set(vectorCells().map(({ style }) => style))
  expect([...known].sort()).toEqual(Object.keys(STYLES).sort())
})
