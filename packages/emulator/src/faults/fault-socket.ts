/**
 * The socket by which a program on the same host, of the same user, tells a running emulator to have faults, gives its machine
 * identities and takes them away, and sees what it was asked.
 *
 * @see docs/emulator.md#a-fault-for-one-test
 * @module
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listenAt, watchConnections } from '@landfast/server'
import type { EmulatedMachine } from '../administration/emulated-machine.ts'
import { EmulatorError, type EmulatorErrorCode } from '../emulator-error.ts'
import type { RequestLog } from '../requests/request-log.ts'
import { readFaults } from './fault-text.ts'
import type { FaultyEndpoint } from './faulty-endpoint.ts'
import type { StandingFault } from './standing-faults.ts'

/** A fault is short. */
const BODY_MAX_CHARACTERS = 4096

/** One identity of the machine. */
const IDENTITY_PATH = /^\/identities\/([^/?]+)$/

/** What is served, and by which methods. */
const METHODS: Readonly<Record<string, readonly string[]>> = {
  '/faults': ['GET', 'POST', 'DELETE'],
  '/requests': ['GET', 'DELETE'],
  '/identities': ['GET'],
  '/identities/NAME': ['PUT', 'DELETE'],
}

/** A text in JSON; with a colon behind it, it is a name. */
const JSON_STRING = /"((?:[^"\\]|\\.)*)"(\s*:)?/g

/** What is served. */
export interface FaultSocketParts {
  /** The path of the Unix socket, which its owner alone may connect to. */
  path: string
  endpoint: FaultyEndpoint
  log: RequestLog
  machine: EmulatedMachine
}

/** A served socket. */
export interface FaultSocket {
  stop(): Promise<void>
}

/** Serves it. @throws {AdminError} if the path cannot be had. */
export async function serveFaults({ path, ...parts }: FaultSocketParts): Promise<FaultSocket> {
  const server = createServer((request, response) => {
    answer(parts, request)
      .catch(explain)
      .then(({ status, body }) => send(response, status, body))
      .catch(() => response.destroy())
  })
  const connections = watchConnections(server)
  await listenAt(server, { socket: path })
  return { stop: () => connections.close(0) }
}

interface Answer {
  status: number
  body: object
}

type Parts = Omit<FaultSocketParts, 'path'>

async function answer(parts: Parts, request: IncomingMessage): Promise<Answer> {
  const { endpoint, log, machine } = parts
  const { method = '', url = '' } = request
  switch (`${method} ${url}`) {
    case 'GET /faults':
      return { status: 200, body: { faults: endpoint.faults.map(shown) } }
    case 'POST /faults':
      return { status: 201, body: { faults: (await add(endpoint, await readBody(request))).map(shown) } }
    case 'DELETE /faults':
      await endpoint.clear()
      return { status: 200, body: { faults: [] } }
    case 'GET /requests':
      return { status: 200, body: { requests: log.entries } }
    case 'DELETE /requests':
      log.clear()
      return { status: 200, body: { requests: [] } }
    case 'GET /identities':
      return { status: 200, body: { identities: machine.standings } }
    default:
      return (await changeIdentity(machine, method, url)) ?? refuse(method, url)
  }
}

/** Says which methods the path takes, or which paths there are. */
function refuse(method: string, url: string): Answer {
  const methods = METHODS[IDENTITY_PATH.test(url) ? '/identities/NAME' : url]
  const paths = Object.keys(METHODS)
  if (!methods) {
    const message = `nothing is at "${url}"; there are ${paths.join(', ')}`
    return { status: 404, body: { error: 'not_found', message, paths } }
  }
  const message = `"${url}" does not take ${method}, but ${methods.join(', ')}`
  return { status: 405, body: { error: 'method_not_allowed', message, methods } }
}

/** Gives the machine the identity that `url` names, or takes it away; undefined for another request. */
async function changeIdentity(
  machine: EmulatedMachine,
  method: string,
  url: string,
): Promise<Answer | undefined> {
  const [, name] = IDENTITY_PATH.exec(url) ?? []
  if (name === undefined || (method !== 'PUT' && method !== 'DELETE')) return undefined
  await (method === 'PUT' ? machine.assign(name) : machine.unassign(name))
  return { status: 200, body: { identities: machine.standings } }
}

/** One fault as an object, or as people type it. Of several, none is added if one is wrong. */
async function add(endpoint: FaultyEndpoint, body: unknown): Promise<StandingFault[]> {
  const { fault, ...others } = (body ?? {}) as { fault?: unknown }
  const [other] = fault === undefined ? [] : Object.keys(others)
  if (other !== undefined)
    throw new EmulatorError('fault_invalid', `"${other}" stands beside "fault"; write it into its text`)
  const faults = typeof fault === 'string' ? readFaults(fault) : [Object(body)]
  const added: StandingFault[] = []
  for (const one of faults) added.push(await endpoint.add(one))
  return added
}

/** JSON has no infinity. */
function shown({ fault, struck }: StandingFault): object {
  return { ...fault, ...(fault.times === Number.POSITIVE_INFINITY && { times: 'always' }), struck }
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk
    if (text.length > BODY_MAX_CHARACTERS) throw new EmulatorError('fault_invalid', 'the request is too long')
  }
  refuseTwice(text)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new EmulatorError('fault_invalid', 'the request is no JSON', cause)
  }
}

/** Of a name that is there twice JSON.parse would take the last value. A fault is flat, so each name is there once. */
function refuseTwice(text: string): void {
  const names = Array.from(text.matchAll(JSON_STRING), ([, name, colon]) => (colon ? name : undefined))
  const twice = names.find((name, index) => name !== undefined && names.indexOf(name) < index)
  if (twice !== undefined) throw new EmulatorError('fault_invalid', `the request has "${twice}" twice`)
}

/** What the caller did wrong; everything else failed here. */
const STATUSES: Partial<Record<EmulatorErrorCode, number>> = { fault_invalid: 400, identity_unknown: 404 }

function explain(error: unknown): Answer {
  const { message } = error as Error
  if (!(error instanceof EmulatorError)) return { status: 500, body: { error: 'failed', message } }
  return { status: STATUSES[error.code] ?? 500, body: { error: error.code, message } }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
}
