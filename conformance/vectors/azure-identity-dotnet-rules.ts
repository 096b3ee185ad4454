/**
 * What Azure.Identity for .NET requires of answers. The newer versions ask by Microsoft.Identity.Client and add only what
 * DefaultAzureCredential does before; the older ones had parsers of their own.
 *
 * @module
 */

import type { StyleName } from '@landfast/protocol'
import {
  type Answer,
  type Asked,
  type ClientRules,
  headerOf,
  membersOf,
  type ProbeName,
  Refusal,
  splitChallenge,
} from './client-rules.ts'
import { msalDotnetRules, readDotnetKeyFile } from './msal-dotnet-rules.ts'

const RETRIED: readonly number[] = [404, 408, 410, 429, 500, 503, 504]

/** The rules of the versions that ask by Microsoft.Identity.Client, here inside DefaultAzureCredential. */
export function azureIdentityRules(): ClientRules {
  const msal = msalDotnetRules({ verifiesEcho: false, readsExpiresIn: true })
  return {
    ...msal,
    readProbe,
    readToken: (answer, asked) =>
      asked.style === 'vm' ? readProbed(msal, answer, asked) : msal.readToken(answer, asked),
    retried,
  }
}

/** The rules of the versions before: no echo, no `expires_in`, a folder that only has to begin right. */
export function oldAzureIdentityRules(): ClientRules {
  return { readProbe: readOldProbe, readChallenge, readKeyFile: readDotnetKeyFile, readToken, retried }
}

function retried(_: StyleName): readonly number[] {
  return RETRIED
}

/** 400 without these words says that the service is there; with them, or anything else, the next credential is tried. */
function readProbe(_: ProbeName, { status, body }: Answer): void {
  if (status !== 400 || body.includes('Identity not found')) {
    throw new Refusal('ManagedIdentityCredential authentication unavailable', { goesOn: true })
  }
}

/** Any 400 will do. */
function readOldProbe(_: ProbeName, { status }: Answer): void {
  if (status !== 400)
    throw new Refusal('ManagedIdentityCredential authentication unavailable', { goesOn: true })
}

/** What failed after the probe is shown inside an exception with a sentence of its own, and the chain goes on. */
function readProbed(msal: ClientRules, answer: Answer, asked: Asked): ReturnType<ClientRules['readToken']> {
  try {
    return msal.readToken(answer, asked)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const sentence = error.message.includes('unavailable')
      ? 'The requested identity has not been assigned to this resource.'
      : 'An unexpected error has occurred.'
    throw new Refusal(`ManagedIdentityCredential authentication unavailable. ${sentence}`, {
      goesOn: true,
      cause: error,
    })
  }
}

function readChallenge(answer: Answer, folder: string): string | undefined {
  if (answer.status !== 401) return undefined
  const challenge = headerOf(answer, 'www-authenticate')
  if (challenge === undefined) throw new Refusal('Did not receive expected WWW-Authenticate header')
  const path = splitChallenge(challenge)
  if (path === undefined) throw new Refusal('The WWW-Authenticate header did not match the expected format')
  if (!path.endsWith('.key'))
    throw new Refusal('The secret key file failed validation. File name is invalid.')
  if (!path.startsWith(folder))
    throw new Refusal('The secret key file failed validation. File path is invalid.')
  return path
}

function readToken({ status, body }: Answer, { style, now }: Asked): ReturnType<ClientRules['readToken']> {
  if (style === 'vm' && [400, 502, 504].includes(status)) {
    throw new Refusal(`ManagedIdentityCredential authentication unavailable.\nContent:\n${body}`, {
      goesOn: true,
    })
  }
  // Docker Desktop answers so for an address that it cannot reach.
  if (status === 403 && body.includes('unreachable')) {
    throw new Refusal('Managed Identity response was not in the expected format.', { goesOn: true })
  }
  if (status !== 200) throw new Refusal(`Service request failed.\nStatus: ${status}\nContent:\n${body}`)
  const members = membersOf(body)
  if (!members)
    throw new Refusal('Managed Identity response was not in the expected format.', { goesOn: true })
  const { access_token: accessToken, expires_on: end } = members
  const expiresOn = secondsOf(end)
  if (typeof accessToken !== 'string' || expiresOn === undefined) {
    throw new Refusal('Invalid response, the authentication response was not in the expected format.')
  }
  return { accessToken, expiresInSeconds: expiresOn - now }
}

/** Seconds since 1970, or any date of the invariant culture. */
function secondsOf(end: unknown): number | undefined {
  if (typeof end === 'number' && Number.isInteger(end)) return end
  if (typeof end !== 'string') return undefined
  if (/^\s*-?\d+\s*$/.test(end)) return Number(end)
  const milliseconds = Date.parse(end)
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000
}
