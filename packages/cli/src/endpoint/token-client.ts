/**
 * A client of the identity endpoint, as an application would be one: asks for a token and answers the
 * challenge.
 *
 * @see docs/protocol.md
 * @module
 */

import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http'
import type { TLSSocket } from 'node:tls'
import {
  type EndpointLocation,
  formatKeyAuthorization,
  HEADER,
  PARAMETER,
  parseChallenge,
  styleOf,
  type TokenAnswer,
} from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { readKeyFile } from './key-file.ts'

/** For all requests together: a token comes within this time even when the agent has to wait for its authority. */
const DEADLINE_MILLISECONDS = 30_000

/** Far more than any token answer. */
const ANSWER_MAX_BYTES = 1024 * 1024

const OTHER_SERVICE = 'another service may answer at that address; check IDENTITY_ENDPOINT'

/** A key may be spent by somebody faster; after this many challenges something else is wrong. */
const CHALLENGES_MAX = 2

interface Answer {
  status: number
  challenge: string | undefined
  body: unknown
}

/**
 * Asks `endpoint` for a token for `resource`.
 *
 * @param options.keyFolder the only folder in which a key file is read.
 * @param options.deadlineMilliseconds how long everything may take; default 30 seconds.
 * @throws {CliError} that says what the endpoint said.
 */
export async function requestToken(
  endpoint: EndpointLocation,
  options: { resource: string; keyFolder: string; deadlineMilliseconds?: number },
): Promise<TokenAnswer> {
  const { url, body } = prepare(endpoint, options.resource)
  const {
    proof,
    methods: [method],
  } = styleOf(endpoint.style)
  const signal = AbortSignal.timeout(options.deadlineMilliseconds ?? DEADLINE_MILLISECONDS)
  // Our own agent, and none that takes a proxy from the environment (NODE_USE_ENV_PROXY).
  const connection = new Agent({ keepAlive: true })
  try {
    const socket = endpoint.thumbprint && (await connectPinned(url, endpoint.thumbprint, signal))
    const via = socket ? { createConnection: () => socket } : { agent: connection }
    const ask = (headers: Record<string, string>): Promise<Answer> =>
      send(url, body, { method, headers: { ...headersOf(endpoint), ...headers }, ...via, signal })
    return readTokenAnswer(
      proof === 'key-file' ? await askWithChallenge(ask, options.keyFolder) : await ask({}),
    )
  } finally {
    connection.destroy()
  }
}

/** The parameters of the request where its style has them. */
function prepare({ style, url: text, thumbprint }: EndpointLocation, resource: string) {
  const { apiVersions, methods, scheme } = styleOf(style)
  const isForm = methods[0] === 'POST'
  const url = URL.parse(text)
  if (url?.protocol !== `${scheme}:` || (scheme === 'https' && !thumbprint)) {
    const hints = [`an identity endpoint is an ${scheme}:// address of this machine; check IDENTITY_ENDPOINT`]
    throw new CliError('argument_invalid', { detail: `"${text}" is no endpoint`, hints })
  }
  const asked = isForm ? new URLSearchParams() : url.searchParams
  const [version] = apiVersions
  if (version !== undefined) asked.set(PARAMETER.apiVersion, version)
  asked.set(PARAMETER.resource, resource)
  return { url, body: isForm ? asked.toString() : undefined }
}

function headersOf({ style, secret = '' }: EndpointLocation): Record<string, string> {
  const { metadataHeader, methods, secretHeader } = styleOf(style)
  return {
    ...(metadataHeader && { [HEADER.metadata]: 'true' }),
    ...(secretHeader && { [secretHeader]: secret }),
    ...(methods[0] === 'POST' && { 'Content-Type': 'application/x-www-form-urlencoded' }),
  }
}

async function connectPinned(url: URL, thumbprint: string, signal: AbortSignal): Promise<TLSSocket> {
  const { openPinned } = await import('./pinned-connection.ts')
  try {
    return await openPinned(url, thumbprint, signal)
  } catch (cause) {
    if (cause instanceof CliError) throw cause
    throw explainConnection(url, cause as NodeJS.ErrnoException, signal)
  }
}

async function askWithChallenge(
  ask: (headers: Record<string, string>) => Promise<Answer>,
  keyFolder: string,
): Promise<Answer> {
  let answer = await ask({})
  for (let challenges = 0; answer.status === 401 && challenges < CHALLENGES_MAX; challenges++) {
    const file = parseChallenge(answer.challenge ?? '')
    if (!file) throw new CliError('challenge_malformed', { hints: describeError(answer.body) })
    const key = await readKeyFile(file, keyFolder)
    answer = await ask({ [HEADER.authorization]: formatKeyAuthorization(key) })
  }
  return answer
}

async function send(
  url: URL,
  text: string | undefined,
  options: RequestOptions & { signal: AbortSignal },
): Promise<Answer> {
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      // On a connection that is encrypted already the request itself is plain.
      const plain = { ...options, protocol: 'http:', host: url.hostname, port: url.port, path: pathOf(url) }
      request(plain, resolve).on('error', reject).end(text)
    })
    const body = await readBody(response)
    return { status: response.statusCode ?? 0, challenge: response.headers['www-authenticate'], body }
  } catch (cause) {
    if (cause instanceof CliError) throw cause
    throw explainConnection(url, cause as NodeJS.ErrnoException, options.signal)
  }
}

function pathOf(url: URL): string {
  return url.pathname + url.search
}

function explainConnection(url: URL, cause: NodeJS.ErrnoException, signal: AbortSignal): CliError {
  const detail = url.origin + url.pathname
  if (cause.code?.startsWith('HPE_')) {
    return malformed('it is not HTTP', cause)
  }
  const reason = signal.aborted ? 'no whole answer came in time' : cause.message || String(cause.code)
  const hints = [reason, 'start "landfast agent", or use "landfast run -- landfast token"']
  return new CliError('endpoint_silent', { detail, hints, cause })
}

async function readBody(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > ANSWER_MAX_BYTES) throw malformed('it is too long')
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    // Not JSON is judged by the status; the parser's message could quote a token.
    return undefined
  }
}

function readTokenAnswer({ status, body }: Answer): TokenAnswer {
  if (status >= 300 && status < 400) {
    throw new CliError('endpoint_refused', {
      detail: `HTTP ${status}: the endpoint redirects, which no identity endpoint does`,
      hints: [OTHER_SERVICE],
    })
  }
  if (status !== 200) {
    const [description = 'the answer has no JSON error'] = describeError(body)
    throw new CliError('endpoint_refused', { detail: `HTTP ${status}: ${description}` })
  }
  if (body === undefined) throw malformed('it is not JSON')
  const token = body as TokenAnswer | null
  if (typeof token?.access_token !== 'string') throw malformed('it has no "access_token"')
  // It goes to a terminal, which other characters could command.
  if (!/^[!-~]+$/.test(token.access_token)) throw malformed('its token has other than printable characters')
  return token
}

function malformed(detail: string, cause?: unknown): CliError {
  return new CliError('answer_malformed', { detail, hints: [OTHER_SERVICE], cause })
}

/** The sentence of an error, OAuth's or Service Fabric's, without control characters: it goes to a terminal. */
function describeError(body: unknown): string[] {
  const { error, error_description } = (body ?? {}) as Record<string, unknown>
  const nested = (typeof error === 'object' ? error : undefined) as Record<string, unknown> | undefined
  const [code, description] = nested ? [nested.code, nested.message] : [error, error_description]
  if (typeof code !== 'string') return []
  const text = typeof description === 'string' ? `${code}: ${description}` : code
  return [text.replace(/\p{Cc}+/gu, ' ')]
}
