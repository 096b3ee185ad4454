/**
 * Replays a client's requests against a running agent, byte by byte on a socket, and reads the answers as it would.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { connect } from 'node:tls'
import type { AgentOptions } from '@landfast/agent'
import { type Identity, STYLE_NAMES, type StyleName, styleOf } from '@landfast/protocol'
import { onTestFinished } from 'vitest'
import { IDENTITY } from '../../test/agent/fake-source.ts'
import { exchange, type RawAnswer, type Target } from '../../test/agent/raw-http.ts'
import { SECRET } from '../../test/agent/running-agent.ts'
import { ASSIGNED, type StyleEndpoints, startStyles } from '../../test/agent/style-endpoints.ts'
import { temporaryFolder } from '../../test/agent/temporary-folder.ts'
import type { CaseName } from '../cases.ts'
import { type ReadToken, Refusal, type SelectorCase } from './client-rules.ts'
import {
  formatRequest,
  isSelectorCase,
  type StyleVectors,
  type Values,
  type VectorClient,
} from './client-vectors.ts'

/** The resource that is asked for. */
export const RESOURCE = 'https://vault.azure.net'

/** An identity that the machine has not. */
const STRANGER: Omit<Identity, 'tenantId'> = {
  clientId: '5e1f9a7c-3b2d-4c8e-8f60-1a2b3c4d5e6f',
  principalId: '5e1f9a7c-3b2d-4c8e-8f60-1a2b3c4d5e70',
  resourceId:
    '/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/other',
}

const PART = {
  'client-id': 'clientId',
  'object-id': 'principalId',
  'resource-id': 'resourceId',
} as const satisfies Record<SelectorCase, keyof Identity>

/** A running agent with an endpoint of every style. */
export interface Site extends StyleEndpoints {
  /** Where its key files are. Clients know one folder; here they are told this one. */
  folder: string
}

/** Starts one; it stops with the test. */
export async function startSite(changes: Partial<AgentOptions> = {}): Promise<Site> {
  const folder = join(temporaryFolder(), 'tokens')
  const endpoints = STYLE_NAMES.map((style) => {
    if (style === 'arc') return { style, port: 0, keyFolder: folder }
    if (style === 'vm' || style === 'cloud-shell') return { style }
    return { style, secret: SECRET }
  })
  return { ...(await startStyles({ endpoints, ...changes })), folder }
}

/** What came of a case. */
export interface Replayed {
  /** Every answer, the probes' too. */
  answers: readonly RawAnswer[]
  token?: ReadToken
  refusal?: Refusal
}

/** Replays the case `name` in `style`. */
export async function replay(
  site: Site,
  client: VectorClient,
  style: StyleName,
  name: CaseName,
): Promise<Replayed> {
  const vectors = client.styles[style]
  if (!vectors) throw new Error(`no vectors of the style ${style}`)
  const answers: RawAnswer[] = []
  try {
    return { answers, token: await askForToken(site, client, style, name, vectors, answers) }
  } catch (error) {
    if (error instanceof Refusal) return { answers, refusal: error }
    throw error
  }
}

async function askForToken(
  site: Site,
  { rules }: VectorClient,
  style: StyleName,
  name: CaseName,
  vectors: StyleVectors,
  answers: RawAnswer[],
): Promise<ReadToken> {
  const target = await targetOf(site, style)
  const by = selectorOf(vectors, name)
  const value = by === undefined ? IDENTITY.clientId : (name === 'unassigned' ? STRANGER : ASSIGNED)[PART[by]]
  const values: Values = {
    host: new URL(site.locationOf(style).url).host,
    path: new URL(site.locationOf(style).url).pathname,
    secret: SECRET,
    resource: RESOURCE,
    escapedResource: encodeURIComponent(RESOURCE),
    id: value,
    escapedId: encodeURIComponent(value),
    selector: vectors.selectors[by ?? 'system-assigned'] ?? '',
  }
  const send = async (lines: readonly string[], body?: string, more: Values = {}) => {
    const answer = await exchange(target, formatRequest(lines, body, { ...values, ...more }))
    answers.push(answer)
    return answer
  }
  for (const { name: probe, request, selectors = vectors.selectors } of vectors.probes ?? []) {
    const selector = (by && selectors[by]) ?? ''
    rules.readProbe(probe, await send(request, undefined, { selector }))
  }
  let answer = await send(vectors.request, vectors.body)
  const path = style === 'arc' ? rules.readChallenge(answer, site.folder) : undefined
  if (path !== undefined) {
    const key = rules.readKeyFile({ path, content: readFileSync(path) })
    answer = await send(vectors.request, vectors.body, { key })
  }
  const selector = by && { by, value }
  return rules.readToken(answer, { style, now: site.clock.now() / 1000, ...(selector && { selector }) })
}

/** By what the case asks for an identity; a stranger is asked for by the first way that the client has. */
function selectorOf({ selectors }: StyleVectors, name: CaseName): SelectorCase | undefined {
  if (isSelectorCase(name)) return name
  if (name !== 'unassigned') return undefined
  return 'client-id' in selectors ? 'client-id' : 'object-id'
}

/** Where bytes are sent; with TLS to a relay that the client's check of the certificate is done in. */
async function targetOf(site: Site, style: StyleName): Promise<Target> {
  const { url, thumbprint } = site.locationOf(style)
  const port = Number(new URL(url).port)
  return styleOf(style).scheme === 'https' ? startRelay(port, thumbprint) : { port }
}

/** Passes bytes on over TLS, if the certificate is that of the thumbprint, as Service Fabric's clients want it. */
async function startRelay(port: number, thumbprint: string | undefined): Promise<Target> {
  const relay = createServer((plain) => {
    const secured = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      const { raw } = secured.getPeerCertificate()
      if (createHash('sha1').update(raw).digest('hex').toUpperCase() !== thumbprint) plain.destroy()
    })
    secured.on('error', () => plain.destroy())
    plain.on('error', () => secured.destroy())
    plain.pipe(secured).pipe(plain)
  })
  onTestFinished(() => void relay.close())
  await once(relay.listen(0, '127.0.0.1'), 'listening')
  return { port: (relay.address() as AddressInfo).port }
}
