/**
 * Azure Arc, and Landfast in its place: the agent names a key file, and a program that can read it gets a token.
 *
 * @see docs/protocol.md#the-challenge
 * @module
 */

import { ARC_PORT, STYLES, VARIABLE } from '@landfast/protocol'
import { builtin } from '../builtin.ts'
import { readKeyFileIn } from '../challenge/key-file.ts'
import { describeFile, describeProcess } from '../challenge/ownership.ts'
import { readChallengeIn } from '../challenge/realm.ts'
import { ClientError } from '../errors.ts'
import { isLoopback, readEndpointUrl } from '../http/endpoint-url.ts'
import type { Answer } from '../http/http.ts'
import type { Selected } from '../identity.ts'
import type { Question, SourceKind } from '../source.ts'
import type { Surroundings } from '../surroundings.ts'
import type { Token } from '../tokens/token-cache.ts'
import { askEndpoint, type ManagedEndpoint, readEndpointAnswer } from './managed-endpoint.ts'
import { placeOfEndpoint } from './managed-source.ts'

/** Where the agent answers unless a variable says otherwise. */
const ARC_URL = `http://127.0.0.1:${ARC_PORT}${STYLES.arc.path}`

/** A key that was too old when it came is followed by one more. */
const KEYS_TRIED_MAX = 2
/** An agent that stops takes its key files along; the next one names a file of its own. */
const MISSING_PAUSES_MS = [200, 400, 800]

/** The source of an Arc agent on this machine. */
export const arc: SourceKind<'arc'> = {
  name: 'arc',
  managed: true,
  find(surroundings, { selected }) {
    const { keyFolder } = surroundings
    if (keyFolder === undefined) return 'there is no Arc agent for this platform'
    const found = findAgent(surroundings)
    if (typeof found === 'string') return found
    const endpoint = arcEndpoint(found.url, selected)
    return {
      place: placeOfEndpoint(endpoint),
      foundBy: found.foundBy,
      ask: (question) => answerChallenge(endpoint, keyFolder, question, surroundings),
    }
  },
}

/** The agent at `url`. What it does not confirm is refused: older agents pass selectors over. */
export function arcEndpoint(url: URL, selected: Selected | undefined): ManagedEndpoint {
  return {
    style: 'arc',
    url,
    apiVersion: '2020-06-01',
    selected,
    spelling: { clientId: 'client_id', objectId: 'object_id', resourceId: 'msi_res_id' },
    strict: true,
  }
}

/** A key is sent to this machine alone: any receiver could exchange it for a token. */
export function readArcUrl(name: string, value: string): URL {
  const url = readEndpointUrl(name, value, ['http'])
  if (!isLoopback(url)) {
    throw new ClientError('variable_invalid', `${name} is not on this machine, where an Arc agent is`)
  }
  return url
}

/** The agent that the variables or its program show, or in words why there is none. */
export function findAgent({ env, himdsFiles }: Surroundings): { url: URL; foundBy: string } | string {
  const { identityEndpoint, imdsEndpoint } = VARIABLE
  const value = env[identityEndpoint]
  if (value && env[imdsEndpoint]) {
    return { url: readArcUrl(identityEndpoint, value), foundBy: `${identityEndpoint} and ${imdsEndpoint}` }
  }
  const marker = himdsFiles.find((file) => builtin('node:fs').existsSync(file))
  if (marker === undefined) {
    return `${value ? imdsEndpoint : identityEndpoint} is not set, and there is no ${himdsFiles.join(' or ')}`
  }
  return { url: value ? readArcUrl(identityEndpoint, value) : new URL(ARC_URL), foundBy: marker }
}

async function answerChallenge(
  endpoint: ManagedEndpoint,
  keyFolder: string,
  question: Question,
  surroundings: Surroundings,
): Promise<Token> {
  const ask = (key?: string) => askEndpoint(endpoint, question, surroundings, key)
  const pauses = [...MISSING_PAUSES_MS]
  let answer = await ask()
  let path = ''
  let key: string | undefined
  for (let keys = 0; isChallenge(answer); answer = await ask(key)) {
    if (keys === KEYS_TRIED_MAX) throw rejected(path)
    path = readChallengeIn(keyFolder, answer.headers['www-authenticate'])
    try {
      key = readKeyFileIn(keyFolder, path)
      keys += 1
    } catch (error) {
      key = undefined
      const pause = pauses.shift()
      if (pause === undefined || !isMissing(error)) throw error
      await surroundings.wait(pause)
    }
  }
  return readEndpointAnswer(endpoint, answer, surroundings.now(), key)
}

function isMissing(error: unknown): boolean {
  return error instanceof ClientError && error.code === 'key_file_missing'
}

function isChallenge({ status }: Answer): boolean {
  return status === 401
}

function rejected(path: string): ClientError {
  const detail = `"${path}" (${describeFile(path)}); ${describeProcess()}`
  return new ClientError('key_rejected', detail, { statusCode: 401 })
}
