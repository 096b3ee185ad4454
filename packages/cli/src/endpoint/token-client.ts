/**
 * Asks the identity endpoint for a token, as an application would, and answers the challenge.
 *
 * @see docs/protocol.md
 * @module
 */

import { askEndpoint, ClientError, type EndpointAnswer, readChallenge, readKeyFile } from '@landfast/client'
import { type EndpointLocation, styleOf, type TokenAnswer } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { explainEndpoint, explainKeyFile } from './endpoint-failure.ts'
import type { Lead } from './silence-advice.ts'

/** For all requests together: a token comes within this time even when the agent has to wait for its authority. */
const DEADLINE_MILLISECONDS = 30_000

/** Another caller may spend a key first; after this many challenges something else is wrong. */
const CHALLENGES_MAX = 2

/**
 * Asks `endpoint` for a token for `resource`.
 *
 * @param options.keyFolder the only folder in which a key file is read.
 * @param options.clientId the identity by its client id; default: the one that the endpoint gives.
 * @param options.deadlineMilliseconds how long everything may take; default 30 seconds.
 * @param options.patient whether the endpoint is waited for while it starts anew.
 * @param options.lead what led to the endpoint, for advice if it is silent.
 * @throws {CliError} that says what the endpoint said.
 */
export async function requestToken(
  endpoint: EndpointLocation,
  options: {
    resource: string
    keyFolder: string
    clientId?: string | undefined
    deadlineMilliseconds?: number
    patient?: boolean
    lead?: Lead
  },
): Promise<TokenAnswer> {
  const { resource, keyFolder, clientId, deadlineMilliseconds = DEADLINE_MILLISECONDS, patient } = options
  const deadline = performance.now() + deadlineMilliseconds
  const left = () => Math.max(0, deadline - performance.now())
  const ask = (key?: string): Promise<EndpointAnswer> =>
    askEndpoint({ endpoint, resource, clientId, key, timeoutMs: left(), patient })
  try {
    const hasChallenge = styleOf(endpoint.style).proof === 'key-file'
    return readAnswer(hasChallenge ? await askWithChallenge(ask, keyFolder) : await ask())
  } catch (error) {
    throw explainEndpoint(error, endpoint, options.lead ?? 'guess')
  }
}

async function askWithChallenge(
  ask: (key?: string) => Promise<EndpointAnswer>,
  keyFolder: string,
): Promise<EndpointAnswer> {
  let answer = await ask()
  for (let challenges = 0; answer.status === 401 && challenges < CHALLENGES_MAX; challenges++) {
    const isLast = challenges === CHALLENGES_MAX - 1
    answer = await ask(readKeyUnlessGone(answer, keyFolder, isLast))
  }
  return answer
}

/** An agent that stops takes its key files along; the next one names another, once it is asked without a key. */
function readKeyUnlessGone(answer: EndpointAnswer, keyFolder: string, isLast: boolean): string | undefined {
  try {
    return readKey(answer, keyFolder)
  } catch (error) {
    const { cause } = error as CliError
    if (isLast || !(cause instanceof ClientError) || cause.code !== 'key_file_missing') throw error
    return undefined
  }
}

function readKey({ challenge = '', refusal }: EndpointAnswer, keyFolder: string): string {
  let file = ''
  try {
    file = readChallenge(challenge, keyFolder)
    return readKeyFile(file, keyFolder)
  } catch (error) {
    throw explainKeyFile(error, { refusal, file, keyFolder })
  }
}

/** The whole answer, whose token the client has read. */
function readAnswer({ status, token, fields, refusal }: EndpointAnswer): TokenAnswer {
  if (token) return fields as unknown as TokenAnswer
  const reason = refusal || 'the answer has no JSON error'
  throw new CliError('endpoint_refused', { detail: `HTTP ${status}: ${reason}` })
}
