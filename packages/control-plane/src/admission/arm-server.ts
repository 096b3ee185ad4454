/**
 * Serves declared routes, and answers everything, errors too, in ARM's form.
 *
 * @module
 */

import { RefusalLimit } from '@landfast/server'
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify'
import { armRefusalOf, sendArmRefusal } from '../arm/arm-answer.ts'
import { ArmError } from '../arm/arm-error.ts'
import { type ArmAnswer, type ArmRoute, type OpenRoute, routerPath } from '../arm/arm-route.ts'
import { armTrace, traceHeaders } from '../arm/arm-trace.ts'
import { isGraphPath } from '../arm/graph-error.ts'
import { isPlainJson } from '../arm/json-body.ts'
import type { AuthorityNames } from '../authority/endpoints.ts'
import { TAG } from '../openapi/openapi.ts'
import { type Admission, type AdmissionParts, createAdmission } from './admission.ts'
import { challengeOf } from './caller.ts'
import type { WeighRefusal } from './wrong-credentials.ts'

/** What routes are served with. */
export interface ArmServerParts extends AdmissionParts {
  names: AuthorityNames
  weighRefusal: WeighRefusal
}

/** A resource with many tags and properties has some 20 kB. */
const BODY_MAX_BYTES = 65_536

/** Adds `routes` to `server`. */
export function addArmRoutes(
  server: FastifyInstance,
  parts: ArmServerParts,
  routes: readonly (ArmRoute | OpenRoute)[],
): void {
  // A separate scope, so that bodies and errors of the authority stay what they are.
  server.register(async (scope) => {
    readJson(scope)
    answerErrors(scope, parts)
    const admission = createAdmission(parts)
    for (const route of routes) addRoute(scope, admission, route)
  })
}

/** An empty body is no body: some clients say "application/json" with every request. */
function readJson(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error')
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else parse(request, body as string, (error, value) => done(error ?? refusalOf(value), value))
  })
}

function refusalOf(value: unknown): ArmError | null {
  if (isPlainJson(value)) return null
  const detail = 'it is nested too deep, or has a text with the character U+0000'
  return new ArmError('InvalidRequestContent', { detail })
}

function addRoute(server: FastifyInstance, admission: Admission, route: ArmRoute | OpenRoute): void {
  const handler = createHandler(admission, route)
  server.route({
    method: route.method,
    url: routerPath(route.path),
    bodyLimit: BODY_MAX_BYTES,
    exposeHeadRoute: false,
    schema: schemaOf(route),
    config: {
      ...('open' in route ? { isOpen: true } : {}),
      ...(route.versions ? { apiVersions: route.versions } : {}),
    },
    onRequest: handler.admit,
    handler: async (request, reply) => send(reply, await handler.handle(request)),
  })
}

/** The body is checked by it; the rest is for the OpenAPI document. */
function schemaOf(route: ArmRoute | OpenRoute): FastifySchema {
  return {
    summary: route.summary,
    tags: [tagOf(route.path)],
    security: 'open' in route ? [] : [{ bearer: [] }],
    response: route.answers,
    ...(route.body ? { body: route.body } : {}),
  }
}

function tagOf(path: string): string {
  if (isGraphPath(path)) return TAG.directory
  return path.startsWith('/landfast/') ? TAG.own : TAG.resourceManager
}

/** The two halves of what is done with a request: its body is read between them. */
interface Handler {
  admit(request: FastifyRequest, reply: FastifyReply): Promise<void>
  handle(request: FastifyRequest): Promise<ArmAnswer>
}

function createHandler(admission: Admission, route: ArmRoute | OpenRoute): Handler {
  const admitted = new WeakMap<FastifyRequest, (body: unknown) => Promise<ArmAnswer>>()
  return {
    admit: async (request, reply) => {
      reply.headers(traceHeaders(request))
      if ('open' in route) {
        const open = admission.open(route, request)
        admitted.set(request, (body) => route.handle({ ...open, body }))
      } else {
        const known = await admission.admit(route, request)
        admitted.set(request, (body) => route.handle({ ...known, body }))
      }
    },
    handle: (request) => {
      const handle = admitted.get(request)
      if (!handle) throw new Error('a request that was not admitted reached its route')
      return handle(request.body ?? undefined)
    },
  }
}

function send(reply: FastifyReply, { status = 200, body, headers = {} }: ArmAnswer): FastifyReply {
  return reply
    .code(status)
    .headers({ 'Cache-Control': 'no-cache', ...headers })
    .send(body)
}

function answerErrors(server: FastifyInstance, { names, weighRefusal, log, now }: ArmServerParts): void {
  const unproven = new RefusalLimit(() => now().getTime())
  server.setErrorHandler((error: Error, request, reply) => {
    const refusal = armRefusalOf(weighRefusal(error, request))
    const { code, status } = refusal
    if (status >= 500) log.error({ ...armTrace(request), err: error }, 'request failed')
    else {
      // By what was wrong, also where the answer is to wait.
      const suppressed = isProven(request, status) ? 0 : unproven.take(armRefusalOf(error).code)
      if (suppressed !== undefined) log.info({ ...armTrace(request), code, suppressed }, 'request refused')
    }
    if (refusal instanceof ArmError && status === 401)
      reply.header('WWW-Authenticate', challengeOf(names, refusal))
    sendArmRefusal(refusal, request, reply)
  })
}

/** Whether a caller had proved itself before it was refused. In an open route some have, which is not known here. */
function isProven({ routeOptions }: FastifyRequest, status: number): boolean {
  return !routeOptions.config.isOpen && status !== 401 && status !== 429
}
