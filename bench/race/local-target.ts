/**
 * Whom the callers of the race for local answers ask, and what an answer takes.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { HEADER, PARAMETER, parseChallenge, STYLES } from '@landfast/protocol'
import { type Caller, type Connection, connectGrpc, connectHttp } from './callers.ts'
import { field, frame } from './grpc.ts'
import type { HttpAnswer } from './http-answer.ts'

/** A server on this host that has what it answers in memory. */
export interface LocalTarget {
  /** `arc` takes two requests and a key file; `spire` is the Workload API. */
  kind: 'http' | 'arc' | 'spire'
  connection: Connection
  /** The path that is asked for, and headers that it takes. */
  path: string
  headers?: Readonly<Record<string, string>>
  /** What every answer has in it. */
  expected: string
}

/** Of a request for a token in Landfast's two styles. */
export const LANDFAST_PATHS = { vm: pathOf('vm', '2018-02-01'), arc: pathOf('arc', '2020-06-01') }

/** A header without which an agent gives nothing. */
export const METADATA = { [HEADER.metadata]: 'true' }

const AUDIENCE = 'https://race.example'

/** A new connection to it. */
export function connectLocally({ kind, connection, path, headers }: LocalTarget): Promise<Caller> {
  return kind === 'spire' ? connectGrpc(connection, path, headers) : connectHttp(connection)
}

/** Asks for one answer. @throws {Error} if it is another one than expected. */
export async function getLocally(target: LocalTarget, caller: Caller): Promise<void> {
  const answer = await (target.kind === 'arc' ? shakeHands(target, caller) : caller.ask(requestOf(target)))
  if (answer.status !== 200 || !answer.body.includes(target.expected))
    throw new Error(`it answered ${answer.status}: ${answer.body.slice(0, 400)}`)
}

async function shakeHands(target: LocalTarget, caller: Caller): Promise<HttpAnswer> {
  const challenge = await caller.ask(requestOf(target))
  const [, header = ''] = new RegExp(`^${HEADER.challenge}: (.*)$`, 'im').exec(challenge.head) ?? []
  const file = parseChallenge(header.trim())
  if (challenge.status !== 401 || file === undefined)
    throw new Error(`it answered ${challenge.status} without a challenge`)
  const authorization = `Basic ${readFileSync(file, 'latin1')}`
  return caller.ask(httpRequest(target, { ...target.headers, [HEADER.authorization]: authorization }))
}

const requests = new WeakMap<LocalTarget, Buffer>()

/** Made once, so that the callers are no slower than they must be. */
function requestOf(target: LocalTarget): Buffer {
  const made = requests.get(target) ?? makeRequest(target)
  requests.set(target, made)
  return made
}

function makeRequest(target: LocalTarget): Buffer {
  return target.kind === 'spire' ? frame(field(1, AUDIENCE)) : httpRequest(target, target.headers)
}

function httpRequest({ path, connection }: LocalTarget, headers: LocalTarget['headers'] = {}): Buffer {
  const lines = Object.entries({ Host: `${connection.host}:${connection.port}`, ...headers })
  const head = [`GET ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`)]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n`)
}

function pathOf(style: 'arc' | 'vm', version: string): string {
  const resource = encodeURIComponent('https://management.azure.com/')
  return `${STYLES[style].path}?${PARAMETER.apiVersion}=${version}&${PARAMETER.resource}=${resource}`
}
