/**
 * The routes of the authority: they read and write HTTP, and decide nothing.
 *
 * @module
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { readGuid, traceOfCaller } from '../guid.ts'
import { ANY_OBJECT, V1_TOKEN, V2_TOKEN } from '../openapi/answers.ts'
import { TAG } from '../openapi/openapi.ts'
import type { Authority } from './authority.ts'
import { AuthorityError, type Trace } from './authority-error.ts'
import { discoveryDocument } from './discovery.ts'
import { ENDPOINT, ENDPOINT_VERSIONS, type EndpointVersion } from './endpoints.ts'
import { INSTANCE_DISCOVERY_PATH, instanceDocument, TENANT_PLACEHOLDERS } from './instance-discovery.ts'
import { KEY_DOCUMENT_MAX_AGE_SECONDS } from './signing-key-schedule.ts'
import { formatTokenGrant } from './token-answer.ts'
import { TOKEN_FIELDS, type TokenForm } from './token-form.ts'

/** A caller's own name for its request. */
const CORRELATION_HEADER = 'client-request-id'

const PARAMS = {
  type: 'object',
  required: ['tenant'],
  properties: { tenant: { type: 'string' } },
} as const

/** A field given twice is read as a list, which is no string. */
const FORM = {
  type: 'object',
  properties: Object.fromEntries(TOKEN_FIELDS.map((field) => [field, { type: 'string' }])),
} as const

/** Adds every route of `authority` to `server`. */
export function addAuthorityRoutes(server: FastifyInstance, authority: Authority): void {
  for (const version of ENDPOINT_VERSIONS) {
    addTokenRoute(server, authority, version)
    addDocuments(server, authority, version)
  }
  addDocument(server, authority, {
    url: INSTANCE_DISCOVERY_PATH,
    summary: 'Says which hosts the authority has, for clients that ask before they trust one.',
    body: () => instanceDocument(authority.names),
  })
}

/** What names `request` in its answer, in the audit trail and in the log. */
export function traceOf(request: FastifyRequest): Trace {
  return {
    traceId: request.id,
    correlationId:
      readGuid(request.headers[CORRELATION_HEADER]) ?? traceOfCaller(request.headers) ?? request.id,
  }
}

function addTokenRoute(server: FastifyInstance, authority: Authority, version: EndpointVersion): void {
  server.route<{ Params: { tenant: string }; Body: TokenForm }>({
    method: 'POST',
    url: `/:tenant${ENDPOINT[version].token}`,
    schema: {
      summary: `Gets a token for a client, in the form of ${version}.`,
      tags: [TAG.authority],
      consumes: ['application/x-www-form-urlencoded'],
      params: PARAMS,
      body: FORM,
      response: { 200: version === 'v1' ? V1_TOKEN : V2_TOKEN },
    },
    // The authority itself refuses a malformed form, so that this is written down as well.
    attachValidation: true,
    handler: async (request, reply) => {
      const form = request.validationError || !isForm(request) ? undefined : request.body
      const trace = traceOf(request)
      const { authorization } = request.headers
      const { tenant } = request.params
      const { ip: address } = request
      const issuing = authority.issueToken({ version, tenant, form, authorization, address, trace })
      const token = await (authorization === undefined ? issuing : askForBasic(issuing, reply))
      keepFromCaches(reply)
      return formatTokenGrant(version, token)
    },
  })
}

/** RFC 6749 knows no other body. JSON, which the server reads for other routes, would be a second way in. */
function isForm({ headers }: FastifyRequest): boolean {
  const [type = ''] = (headers['content-type'] ?? '').split(';', 1)
  return type.trim().toLowerCase() === 'application/x-www-form-urlencoded'
}

/** RFC 6749, section 5.2, asks for the header in a 401 to a caller that used `Authorization`. */
async function askForBasic<T>(issuing: Promise<T>, reply: FastifyReply): Promise<T> {
  try {
    return await issuing
  } catch (error) {
    if (error instanceof AuthorityError && error.status === 401) {
      reply.header('WWW-Authenticate', 'Basic realm="Landfast", charset="UTF-8"')
    }
    throw error
  }
}

/** RFC 6749, section 5.1, asks for both headers on every answer that carries a token. */
export function keepFromCaches(reply: FastifyReply): void {
  reply.header('Cache-Control', 'no-store').header('Pragma', 'no-cache')
}

function addDocuments(server: FastifyInstance, authority: Authority, version: EndpointVersion): void {
  const configuration = () => discoveryDocument(authority.names, version)
  addDocument(server, authority, {
    url: `/:tenant${ENDPOINT[version].configuration}`,
    summary: `Gets the discovery document of ${version}.`,
    body: configuration,
  })
  const keys = () => ({ keys: authority.signingKeys.published() })
  addDocument(server, authority, {
    url: `/:tenant${ENDPOINT[version].keys}`,
    summary: 'Gets the keys by which tokens are verified.',
    body: keys,
  })
}

function addDocument(
  server: FastifyInstance,
  authority: Authority,
  document: { url: string; summary: string; body: () => object },
): void {
  const { url, summary, body } = document
  server.route<{ Params: { tenant?: string } }>({
    method: 'GET',
    url,
    schema: {
      summary,
      tags: [TAG.authority],
      ...(url.includes(':tenant') && { params: PARAMS }),
      response: { 200: ANY_OBJECT },
    },
    handler: async (request, reply) => {
      const { tenant } = request.params
      if (tenant !== undefined && !isPlaceholder(tenant)) authority.checkTenant(tenant)
      reply.header('Cache-Control', `max-age=${KEY_DOCUMENT_MAX_AGE_SECONDS}`)
      return body()
    },
  })
}

/** There is one tenant, so what is said of every tenant is said of this one. */
function isPlaceholder(tenant: string): boolean {
  return TENANT_PLACEHOLDERS.includes(tenant.toLowerCase())
}
