/**
 * What a text names, and where its page is: an id in a line of a log, in a token or in an error, a thumbprint, a name.
 *
 * @module
 */

import { traceGuid } from '@landfast/protocol'
import { readThumbprint } from '../../../certificates/thumbprint.ts'
import { readGuid } from '../../../guid.ts'
import { link } from '../../html/parts.ts'
import { unlessForbidden } from '../../inner/api-refusal.ts'
import { isClimbing } from '../../inner/climbing-path.ts'
import type { PortalApi } from '../../inner/portal-api.ts'
import { pathOfId, subscriptionsOf, versioned } from '../../inner/resource-paths.ts'
import { daysBefore, fieldTime } from '../audit-span.ts'
import { readAudit } from '../audit-table.ts'
import { readCode } from '../code-meaning.ts'
import { findPrincipals, kindOf, type PrincipalBody, principalPage } from '../principals.ts'

/** Something that was found. */
export interface Place {
  href: string
  name: string
  /** What it is. */
  kind: string
}

type Finder = (api: PortalApi, text: string) => Promise<readonly Place[]>

/** Names are no longer than this, and neither are ids that are no path. */
const NAME_MAX_CHARACTERS = 200

/** A message has two ids; a whole line of a log may have some more. */
const IDS_MAX = 4

/** What `text` names, or else the first of the ids within it that names something: a whole message may be given. */
export async function findPlaces(api: PortalApi, text: string): Promise<readonly Place[]> {
  for (const one of [text, ...idsWithin(text)]) {
    const found = await firstOf(findersOf(one), api, idIn(one) ?? one)
    if (found.length > 0) return found
  }
  return []
}

function idsWithin(text: string): readonly string[] {
  const ids = text.match(/\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/gi) ?? []
  return ids.filter((id) => id !== text).slice(0, IDS_MAX)
}

/** A trace that a caller named is the correlation id of its requests, written as a GUID. */
function idIn(text: string): string | undefined {
  return readGuid(/^[\da-f]{32}$/i.test(text) ? traceGuid(text) : text)
}

function findersOf(text: string): readonly Finder[] {
  if (AUDIENCE.test(text)) return [byAudience, byName]
  if (/^\/subscriptions\//i.test(text)) return [byResourceId]
  if (idIn(text) !== undefined) return [byPrincipal, byMachine, byJoinToken, byTraceId, byCorrelationId]
  if (text.length > NAME_MAX_CHARACTERS) return []
  return readThumbprint(text) ? [byMachine, byCertificate, byName] : [byName, byTokenId, byCode]
}

async function firstOf(finders: readonly Finder[], api: PortalApi, text: string): Promise<readonly Place[]> {
  for (const finder of finders) {
    const found = await finder(api, text)
    if (found.length > 0) return found
  }
  return []
}

/** Whether there is such a resource its own page says. */
const byResourceId: Finder = async (_, id) =>
  isClimbing(id) ? [] : [{ href: link(pathOfId(id)), name: id, kind: 'resource' }]

const byPrincipal: Finder = async (api, text) => (await findPrincipals(api, text)).map(placeOf)

function placeOf(principal: PrincipalBody): Place {
  return { href: principalPage(principal), name: principal.displayName, kind: kindOf(principal) }
}

/** Who has this name whole; else the machines whose names begin with it. */
const byName: Finder = async (api, text) => {
  const found = await byPrincipal(api, text)
  return found.length > 0 ? found : byMachine(api, text)
}

interface MachineBody {
  id: string
  name: string
}

/** By the id of its host, the thumbprint of a certificate of it, or the beginning of its name. */
const byMachine: Finder = async (api, text) => {
  const subscriptions = await subscriptionsOf(api)
  const lists = await Promise.all(
    subscriptions.map(({ subscriptionId }) => {
      const path = `/subscriptions/${subscriptionId}/providers/Microsoft.HybridCompute/machines`
      return api.page(versioned(path, 'machines', { $search: text, $top: '20' })).catch(unlessForbidden)
    }),
  )
  const found = lists.flatMap((list) => (list?.value ?? []) as MachineBody[])
  return found.map(({ id, name }) => ({ href: link(pathOfId(id)), name, kind: 'machine' }))
}

const byJoinToken: Finder = async (api, id) => {
  const token = await api.find(`/landfast/v1/join-tokens/${id}`).catch(unlessForbidden)
  return token ? [{ href: link(`/join/${id}`), name: id, kind: 'join token' }] : []
}

/** Of the server and its CA. */
const byCertificate: Finder = async (api, text) => {
  const { sha256 } = readThumbprint(text) ?? {}
  const list = await api.page('/landfast/v1/certificates').catch(unlessForbidden)
  const isShown = list?.value.some((one) => one['x5t#S256'] === sha256)
  return isShown ? [{ href: link('/keys'), name: text, kind: 'certificate' }] : []
}

const byTraceId: Finder = (api, id) => inTrail(api, { id })

const byCorrelationId: Finder = (api, correlationId) => inTrail(api, { correlationId })

async function inTrail(api: PortalApi, search: Readonly<Record<string, string>>): Promise<readonly Place[]> {
  const [entry] = (await readAudit(api, { ...search, $top: '1' })) ?? []
  return entry ? [{ href: link('/audit', search), name: entry.action, kind: 'entry of the audit trail' }] : []
}

/** Whole, or as the trail has it: what it begins with. */
const TOKEN_ID = /^[\w-]{12}([\w-]{10})?$/

const byTokenId: Finder = async (api, tokenId) => (TOKEN_ID.test(tokenId) ? inTrail(api, { tokenId }) : [])

/** As nearly every audience begins; a client id is one too, which finds the client. */
const AUDIENCE = /^(api|https?|urn):\S+$/i

/** What was asked for an audience, up to the last time and three months before that. */
const byAudience: Finder = async (api, audience) => {
  const [last] = (await readAudit(api, { audience, since: new Date(0).toISOString(), $top: '1' })) ?? []
  const from = last && fieldTime(daysBefore(new Date(last.time), 90))
  return from
    ? [{ href: link('/audit', { audience, from }), name: audience, kind: 'what was asked for this audience' }]
    : []
}

/** The refusals with a code, up to the last one and three months before that. */
const byCode: Finder = async (api, text) => {
  const { code } = readCode(text) ?? {}
  if (code === undefined) return []
  const search = { code, since: new Date(0).toISOString(), $top: '1' }
  const [last] = (await readAudit(api, search)) ?? []
  const from = last && fieldTime(daysBefore(new Date(last.time), 90))
  return from ? [{ href: link('/audit', { code, from }), name: code, kind: 'refusals with this code' }] : []
}
