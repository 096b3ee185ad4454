/**
 * The challenge in raw HTTP, step by step, with everything secret masked.
 *
 * @see docs/protocol.md#the-challenge
 * @module
 */

import { stat } from 'node:fs/promises'
import { STATUS_CODES } from 'node:http'
import {
  askEndpoint,
  describeRequest,
  type EndpointAnswer,
  type EndpointQuestion,
  readChallenge,
  readKeyFile,
} from '@landfast/client'
import { type EndpointLocation, HEADER } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import type { Stage } from './stage.ts'

/** Characters of a secret that are shown. */
const SHOWN_CHARACTERS = 4

/**
 * Shows the two requests on `endpoint`, whose keys are in `keyFolder`, and a third that comes too late.
 *
 * @returns the token.
 */
export async function showChallenge(
  stage: Stage,
  { endpoint, keyFolder, resource }: { endpoint: EndpointLocation; keyFolder: string; resource: string },
): Promise<string> {
  const ask = (key?: string) => askAndShow(stage, { endpoint, resource, key })
  const first = await ask()
  expectStatus(first, 401)
  const key = await readAndShow(stage, first.challenge, keyFolder)
  const second = await ask(key)
  expectStatus(second, 200)
  stage.line('the key is spent now; the same request once more:')
  expectStatus(await ask(key), 401)
  return second.token?.token ?? ''
}

async function askAndShow(stage: Stage, question: EndpointQuestion): Promise<EndpointAnswer> {
  const { method, url, headers } = describeRequest(question)
  stage.line(`> ${method} ${url.pathname}${url.search}`)
  for (const [name, value] of Object.entries(headers)) stage.line(`> ${name}: ${maskHeader(name, value)}`)
  const answer = await askEndpoint(question)
  const { status, challenge, fields } = answer
  stage.line(`< ${status} ${STATUS_CODES[status]}`)
  if (challenge) stage.line(`< ${HEADER.challenge}: ${challenge}`)
  stage.line(`< ${JSON.stringify(maskBody(fields))}`)
  stage.line('')
  return answer
}

async function readAndShow(stage: Stage, challenge: string | undefined, keyFolder: string): Promise<string> {
  if (challenge === undefined) throw new CliError('challenge_malformed')
  const file = readChallenge(challenge, keyFolder)
  const { mode, size } = await stat(file)
  const key = readKeyFile(file, keyFolder)
  stage.line(`$ cat ${file}`)
  stage.line(`${mask(key)} (${size} bytes, mode 0${(mode & 0o777).toString(8)})`)
  stage.line('')
  return key
}

function expectStatus(answer: EndpointAnswer, status: number): void {
  if (answer.status === status) return
  throw new CliError('endpoint_refused', {
    detail: `the endpoint answered ${answer.status} where ${status} was due: ${answer.refusal}`,
  })
}

function maskHeader(name: string, value: string): string {
  if (name !== HEADER.authorization) return value
  const space = value.indexOf(' ') + 1
  return value.slice(0, space) + mask(value.slice(space))
}

function maskBody(body: EndpointAnswer['fields']): EndpointAnswer['fields'] {
  const token = body?.access_token
  return typeof token === 'string' ? { ...body, access_token: mask(token) } : body
}

function mask(secret: string): string {
  return `${secret.slice(0, SHOWN_CHARACTERS)}… (${secret.length} characters)`
}
