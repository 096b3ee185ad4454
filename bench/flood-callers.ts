/**
 * The process that floods a control plane: it sends wrong assertions in a machine's name at a steady rate over connections
 * that it keeps, until it is asked how many were answered.
 *
 * @module
 */

import { randomBytes, X509Certificate } from 'node:crypto'
import { Agent, request } from 'node:https'
import { assertionClaims, clientCredentialsForm } from '@landfast/protocol'
import type { BenchMachine } from './control-plane-callers.ts'
import { work } from './worker.ts'

/** What is to be flooded, and how fast. */
export interface Flood {
  url: string
  ca: string
  machine: BenchMachine
  perSecond: number
}

/** What came of it, by the status of the answer; `seconds` is how long it went on. */
export interface FloodResult {
  seconds: number
  answers: Record<number, number>
}

/** As many as a flooder may have before it is bounded by waiting for answers. */
const CONNECTIONS = 64

/** So often a few are sent, since timers are no finer. */
const TICK_MILLISECONDS = 4

/** As long as a signature by RSA 2048. */
const SIGNATURE_BYTES = 256

let running:
  | { timer: NodeJS.Timeout; agent: Agent; began: number; answers: Record<number, number> }
  | undefined

work<Flood | 'stop', FloodResult>(async (question) => (question === 'stop' ? stop() : start(question)))

function start({ url, ca, machine, perSecond }: Flood): FloodResult {
  const agent = new Agent({ ca, keepAlive: true, maxSockets: CONNECTIONS })
  const path = `/${machine.tenantId}/oauth2/v2.0/token`
  const body = wrongForm(machine, url + path)
  const answers: Record<number, number> = {}
  const began = performance.now()
  let sent = 0
  let waiting = 0
  const send = () => {
    const due = ((performance.now() - began) / 1000) * perSecond
    for (; sent < due; sent += 1) {
      // What the server does not get to is not piled up here.
      if (waiting >= CONNECTIONS) continue
      waiting += 1
      post(url + path, { agent, body }).then((status) => {
        waiting -= 1
        answers[status] = (answers[status] ?? 0) + 1
      })
    }
  }
  running = { timer: setInterval(send, TICK_MILLISECONDS), agent, began, answers }
  return { seconds: 0, answers: {} }
}

function stop(): FloodResult {
  if (!running) return { seconds: 0, answers: {} }
  const { timer, agent, began, answers } = running
  clearInterval(timer)
  agent.destroy()
  running = undefined
  return { seconds: (performance.now() - began) / 1000, answers }
}

/** Everything is right but the signature, so that the server has all the work before it refuses. */
function wrongForm(machine: BenchMachine, tokenEndpoint: string): string {
  const fingerprint = new X509Certificate(machine.certificate).fingerprint256.replaceAll(':', '')
  const thumbprint = Buffer.from(fingerprint, 'hex').toString('base64url')
  const nowSeconds = Math.floor(Date.now() / 1000)
  const claims = assertionClaims({ tokenEndpoint, clientId: machine.clientId, jti: 'wrong', nowSeconds })
  const input = [{ alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const assertion = `${input}.${randomBytes(SIGNATURE_BYTES).toString('base64url')}`
  const audience = 'https://bench.example'
  return new URLSearchParams(
    clientCredentialsForm({ clientId: machine.clientId, audience, assertion }),
  ).toString()
}

/** Resolves to the status; 0 if there was no answer. */
function post(url: string, { agent, body }: { agent: Agent; body: string }): Promise<number> {
  return new Promise((resolve) => {
    const headers = {
      'Content-Type': 'application/x-www-form-urlencoded',
      'Content-Length': Buffer.byteLength(body),
    }
    const sent = request(url, { agent, method: 'POST', headers }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0))
    })
    sent.once('error', () => resolve(0))
    sent.end(body)
  })
}
