/**
 * The HTTPS server of a control plane: limits, errors and the end of it. The routes are the parts' own.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import formbody from '@fastify/formbody'
import { BOUNDED_PIPELINE, watchConnections } from '@landfast/server'
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'
import type { Logger } from 'pino'
import type { WeighRefusal } from '../admission/wrong-credentials.ts'
import { armRefusalOf, isArmPath, sendArmRefusal, unknownPath } from '../arm/arm-answer.ts'
import { AuthorityError, formatAuthorityError } from '../authority/authority-error.ts'
import { keepFromCaches, traceOf } from '../authority/authority-routes.ts'
import type { ServerCertificate } from '../certificates/server-certificate.ts'
import { TooManyRequests } from '../limits/too-many-requests.ts'
import { describeRoutes } from '../openapi/openapi.ts'
import { STORAGE_RETRY_SECONDS, StorageError } from '../storage/storage-error.ts'
import { buildLateValidators } from './late-validators.ts'
import { TICKET_SECONDS } from './ticket-key-schedule.ts'

/** A form with an assertion that carries its chain of certificates has some 10 kB. */
const BODY_MAX_BYTES = 32_768

/** A request that is not complete by then is ended. */
const REQUEST_MILLISECONDS = 10_000

/** Above what keep-alive clients wait between two refreshes that follow each other. */
const IDLE_MILLISECONDS = 60_000

/** Each machine of a large tenant may keep one. */
const CONNECTIONS_MAX = Number.POSITIVE_INFINITY

/** A person who has mistyped an address reads a page, as of any other that is not there. */
const NO_PAGE = '/portal/-'

/** How long `close` lets requests end by themselves. */
const CLOSE_MILLISECONDS = 5_000

/**
 * How sessions are resumed: with OpenSSL's tickets, for as long as heartbeats follow each other, and of the same context at
 * every replica, which by default would be that of the arguments of its process.
 */
const RESUMPTION = { sessionIdContext: 'landfast control plane', sessionTimeout: TICKET_SECONDS }

/**
 * Azure compares paths without regard to case, and its clients put a scope that begins with a slash behind
 * another one. A name that is too long is the route's to refuse, in its own words.
 */
const ROUTER = {
  caseSensitive: false,
  ignoreTrailingSlash: true,
  ignoreDuplicateSlashes: true,
  maxParamLength: 2_048,
}

/** A server that the parts add their routes to. */
export interface HttpsServer {
  readonly routes: FastifyInstance
  /** Shows another certificate from the next connection on. */
  useCertificate(tls: ServerCertificate): void
  /** Seals the tickets of sessions with another key, and opens those of that key alone. */
  useTicketKey(key: Buffer): void
  /** Aborted when it drains or closes: answers without an end are to end then. */
  readonly ending: AbortSignal
  /** From now on each answer is the last one of its connection, so that who has many asks others. */
  drain(): void
  /** Takes no new requests, lets running ones end, and then cuts what is left. */
  close(): Promise<void>
}

/** A server without routes that does not listen yet. */
export async function createHttpsServer(options: {
  tls: ServerCertificate
  /** Seals the tickets of sessions. Default: one that no other server has. */
  ticketKey?: Buffer
  /** Whose `X-Forwarded-For` is believed. Default: none. */
  trustedProxies?: readonly string[]
  /** Default: every error is answered as it is. */
  weighRefusal?: WeighRefusal
  log: Logger
  now: () => Date
}): Promise<HttpsServer> {
  const answerError = errorAnswerer(options)
  const server = fastify({
    https: {
      ...BOUNDED_PIPELINE,
      key: options.tls.key,
      cert: options.tls.certificate,
      ...RESUMPTION,
      ...(options.ticketKey && { ticketKeys: options.ticketKey }),
      handshakeTimeout: REQUEST_MILLISECONDS,
    },
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: REQUEST_MILLISECONDS,
    keepAliveTimeout: IDLE_MILLISECONDS,
    // A request that still comes in is answered like any other, and not with a bare 503.
    return503OnClosing: false,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    trustProxy: [...(options.trustedProxies ?? [])],
    // Values are taken as they were sent, not turned into what a schema wants.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
    schemaController: { compilersFactory: { buildValidator: buildLateValidators } },
    routerOptions: ROUTER,
    frameworkErrors: answerError,
    rewriteUrl: ({ url = '/' }) => (isUnreadablePage(url) ? NO_PAGE : url),
  })
  await server.register(formbody)
  server.setErrorHandler(answerError)
  server.setNotFoundHandler((request, reply) => {
    const { url } = request
    answerError(isArmPath(url) ? unknownPath(url) : new AuthorityError('path_unknown'), request, reply)
  })
  const connections = watchConnections(server.server, { max: CONNECTIONS_MAX })
  const ending = new AbortController()
  const routes = server as unknown as FastifyInstance
  await describeRoutes(routes)
  const useCertificate = ({ key, certificate }: ServerCertificate) => {
    const ticketKeys = server.server.getTicketKeys()
    server.server.setSecureContext({ key, cert: certificate, ...RESUMPTION, ticketKeys })
  }
  return {
    routes,
    useCertificate,
    useTicketKey: (key) => server.server.setTicketKeys(key),
    ending: ending.signal,
    drain: () => {
      connections.drain()
      ending.abort()
    },
    close: () => {
      ending.abort()
      return connections.close(CLOSE_MILLISECONDS, () => server.close())
    },
  }
}

type AnswerOptions = { log: Logger; now: () => Date; weighRefusal?: WeighRefusal }

type ErrorAnswerer = (error: Error, request: unknown, reply: unknown) => void

/**
 * Answers every error in the form of its boundary, also those that Fastify finds before there is a route. It hands over the
 * same objects at each of three places, but under types of their own.
 */
function errorAnswerer({ log, now, weighRefusal = (error) => error }: AnswerOptions): ErrorAnswerer {
  return (error, given, reply) => {
    const request = given as FastifyRequest
    answer(weighRefusal(error, request), request, reply as FastifyReply)
  }

  function answer(error: Error, request: FastifyRequest, reply: FastifyReply): void {
    if (isArmPath(request.url)) sendArmRefusal(armRefusalOf(error), request, reply)
    else answerAsAuthority(error, request, reply)
  }

  function answerAsAuthority(error: Error, request: FastifyRequest, reply: FastifyReply): void {
    const refusal = error instanceof AuthorityError ? error : refusalOf(error)
    const trace = traceOf(request)
    if (refusal.status >= 500) log.error({ ...trace, err: error }, 'request failed')
    keepFromCaches(reply)
    if (error instanceof TooManyRequests) reply.header('Retry-After', String(error.retryAfterSeconds))
    if (refusal.code === 'unavailable') reply.header('Retry-After', STORAGE_RETRY_SECONDS)
    reply.code(refusal.status).send(formatAuthorityError(refusal, trace, now()))
  }
}

/** Fastify's own errors say by their status whose fault it was. */
function refusalOf(cause: Partial<FastifyError>): AuthorityError {
  if (cause instanceof StorageError && cause.isTemporary) return new AuthorityError('unavailable', { cause })
  const { statusCode = 500 } = cause
  if (statusCode === 429) return new AuthorityError('requests_too_many', { cause })
  if (statusCode === 413) return new AuthorityError('request_too_large', { cause })
  if (statusCode >= 400 && statusCode < 500) return new AuthorityError('request_malformed', { cause })
  return new AuthorityError('internal', { cause })
}

/** The router has no route for what it cannot decode. */
function isUnreadablePage(url: string): boolean {
  const [path = ''] = url.split('?', 1)
  if (!/^\/+portal\//i.test(path)) return false
  try {
    decodeURIComponent(path)
    return false
  } catch {
    return true
  }
}
