/**
 * The challenge step by step, for who builds tools of their own.
 *
 * The first request is refused: the agent answers 401 and names a key file. Who can read that file is root or a member of
 * its group, and shows so by sending its content with the second request, within 60 seconds. Nothing else links the two.
 *
 * What goes wrong: the user is not in the group (a new member has to log in anew); the key is older than 60 seconds, or was
 * used already; a proxy is between, since `HTTP_PROXY` is set and `NO_PROXY` does not name 127.0.0.1; a container has
 * neither the host's network nor its key folder.
 *
 * @see docs/protocol.md#the-challenge
 * @module
 */

import type { AccessToken } from './access-token.ts'
import { readKeyFileIn } from './challenge/key-file.ts'
import { readChallengeIn } from './challenge/realm.ts'
import { ClientError } from './errors.ts'
import { type IdentityIds, readSelected } from './identity.ts'
import { readQuestion } from './identity-tokens.ts'
import { lastingToken } from './raw-request.ts'
import { arcEndpoint, findAgent, readArcUrl } from './sources/arc.ts'
import { askEndpoint, readEndpointAnswer } from './sources/managed-endpoint.ts'
import { type Surroundings, systemSurroundings } from './surroundings.ts'

/** One request. */
export interface RawRequest extends IdentityIds {
  resource: string
  /** Default: where the variables or the program of the agent show it. On this machine in any case. */
  endpoint?: string | undefined
  /** What `readKeyFile` returned, in the second request. */
  key?: string | undefined
}

/** Its answer: a token, or the challenge to read. */
export type RawAnswer = { token: AccessToken; challenge?: never } | { challenge: string; token?: never }

/**
 * Sends one token request to an Arc agent.
 *
 * @throws {ClientError} for every answer that is neither a token nor a challenge.
 */
export async function requestToken(request: RawRequest): Promise<RawAnswer> {
  const { resource, key } = request
  const surroundings = systemSurroundings()
  const endpoint = arcEndpoint(urlOf(request, surroundings), readSelected(request))
  const asked = askEndpoint(endpoint, readQuestion(resource, {}), surroundings, key)
  const answer = await surroundings.hold(asked)
  const challenge = answer.headers['www-authenticate']
  if (answer.status === 401 && challenge !== undefined) return { challenge }
  return { token: lastingToken(readEndpointAnswer(endpoint, answer, surroundings.now(), key)) }
}

/**
 * The path of the key file that `challenge` names.
 *
 * @param keyFolder the only folder in which it may lie; default the platform's.
 * @throws {ClientError} `challenge_malformed`, or `key_file_foreign` if it is not directly in that folder.
 */
export function readChallenge(challenge: string, keyFolder: string = platformFolder()): string {
  return readChallengeIn(keyFolder, challenge)
}

/**
 * The key in the file at `path`, which no one but the agent can have written.
 *
 * @param keyFolder the only folder in which it may lie; default the platform's.
 * @throws {ClientError} with one of the `key_` codes, saying whose the file is and who this process is.
 */
export function readKeyFile(path: string, keyFolder: string = platformFolder()): string {
  return readKeyFileIn(keyFolder, path)
}

function urlOf({ endpoint }: RawRequest, surroundings: Surroundings): URL {
  if (endpoint !== undefined) return readArcUrl('"endpoint"', endpoint)
  const found = findAgent(surroundings)
  if (typeof found === 'string') throw new ClientError('source_missing', `an Arc agent (${found})`)
  return found.url
}

function platformFolder(): string {
  const { keyFolder: folder, platform } = systemSurroundings()
  if (folder === undefined) throw new ClientError('source_missing', `there is no Arc agent for ${platform}`)
  return folder
}
