/**
 * The challenge in raw HTTP, step by step, with everything secret masked.
 *
 * @see docs/protocol.md#the-challenge
 * @module
 */

import { readFile, stat } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import {
  formatKeyAuthorization,
  HEADER,
  PARAMETER,
  parseChallenge,
  STYLES,
  type TokenAnswer,
} from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import type { Stage } from './stage.ts'

/** Characters of a secret that are shown. */
const SHOWN_CHARACTERS = 4

interface Answer {
  status: number
  challenge: string
  body: Record<string, string>
}

/**
 * Shows the two requests on the endpoint at `url`, and a third that comes too late.
 *
 * @returns the token.
 */
export async function showChallenge(stage: Stage, url: string, resource: string): Promise<string> {
  const target = new URL(url)
  target.searchParams.set(PARAMETER.apiVersion, STYLES.arc.apiVersions[0])
  target.searchParams.set(PARAMETER.resource, resource)
  const first = await ask(stage, target, {})
  expectStatus(first, 401)
  const key = await readKey(stage, first.challenge)
  const authorization = { [HEADER.authorization]: formatKeyAuthorization(key) }
  const second = await ask(stage, target, authorization)
  expectStatus(second, 200)
  stage.line('the key is spent now; the same request once more:')
  expectStatus(await ask(stage, target, authorization), 401)
  return (second.body as unknown as TokenAnswer).access_token
}

async function ask(stage: Stage, url: URL, headers: Record<string, string>): Promise<Answer> {
  const sent = { [HEADER.metadata]: 'true', ...headers }
  stage.line(`> GET ${url.pathname}${url.search}`)
  for (const [name, value] of Object.entries(sent)) stage.line(`> ${name}: ${maskHeader(name, value)}`)
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { headers: sent, agent: false }, resolve).on('error', reject).end()
  })
  const body = JSON.parse(await text(response)) as Record<string, string>
  const challenge = response.headers['www-authenticate'] ?? ''
  stage.line(`< ${response.statusCode} ${response.statusMessage}`)
  if (challenge) stage.line(`< ${HEADER.challenge}: ${challenge}`)
  stage.line(`< ${JSON.stringify(maskBody(body))}`)
  stage.line('')
  return { status: response.statusCode ?? 0, challenge, body }
}

async function readKey(stage: Stage, challenge: string): Promise<string> {
  const file = parseChallenge(challenge)
  if (!file) throw new CliError('challenge_malformed')
  const { mode, size } = await stat(file)
  const key = await readFile(file, 'latin1')
  stage.line(`$ cat ${file}`)
  stage.line(`${mask(key)} (${size} bytes, mode 0${(mode & 0o777).toString(8)})`)
  stage.line('')
  return key
}

function expectStatus(answer: Answer, status: number): void {
  if (answer.status === status) return
  throw new CliError('endpoint_refused', {
    detail: `the endpoint answered ${answer.status} where ${status} was due: ${answer.body.error_description}`,
  })
}

function maskHeader(name: string, value: string): string {
  if (name !== HEADER.authorization) return value
  const space = value.indexOf(' ') + 1
  return value.slice(0, space) + mask(value.slice(space))
}

function maskBody(body: Record<string, string>): Record<string, string> {
  return body.access_token ? { ...body, access_token: mask(body.access_token) } : body
}

function mask(secret: string): string {
  return `${secret.slice(0, SHOWN_CHARACTERS)}… (${secret.length} characters)`
}
