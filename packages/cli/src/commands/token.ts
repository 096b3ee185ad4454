/**
 * `landfast token`: asks the identity endpoint for a token, as an application would.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import {
  DEFAULT_SCOPE_SUFFIX,
  type EndpointLocation,
  HIMDS_FILES,
  PARAMETER,
  type TokenAnswer,
  WORKLOAD_VARIABLE,
} from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { exchangeForAws, readAwsProcess } from '../endpoint/aws-process.ts'
import { decodeToken } from '../endpoint/decoded-token.ts'
import { DEFAULT_ENDPOINT, locateEndpoint } from '../endpoint/endpoint-location.ts'
import { formatGoogleFailure, formatGoogleToken } from '../endpoint/google-executable.ts'
import type { Lead } from '../endpoint/silence-advice.ts'
import { requestToken } from '../endpoint/token-client.ts'
import { DEFAULT_RESOURCE, type TokenFlags } from '../endpoint/token-flags.ts'
import { findDev } from '../run/dev-notes.ts'
import { AWS_AUDIENCE } from '../settings/aws-rows.ts'
import { readProxies } from '../settings/proxy-settings.ts'
import { printNote, printResult } from '../terminal.ts'

/** Prints the token, or with `--decode` what it says, or with `--format` what another world's libraries read. */
export async function token(flags: TokenFlags): Promise<number> {
  if (flags.format === 'google') return tokenForGoogle(flags)
  if (flags.format === 'aws') return tokenForAws(flags)
  const answer = await ask(flags)
  if (flags.decode) {
    printNote('this is what the token says of itself; it is not verified here')
    const text = JSON.stringify(decodeToken(answer.access_token), null, flags.json ? 0 : 2)
    for (const line of text.split('\n')) printResult(line)
  } else {
    printResult(flags.json ? JSON.stringify(answer) : answer.access_token)
  }
  return 0
}

/** A failure is an answer too: with another exit code, or with notes, Google's libraries would show neither. */
async function tokenForGoogle(flags: TokenFlags): Promise<number> {
  try {
    printResult(formatGoogleToken(await ask(flags)))
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    printResult(formatGoogleFailure(error))
  }
  return 0
}

/** AWS's clients show what a process that failed wrote to standard error. */
async function tokenForAws(flags: TokenFlags): Promise<number> {
  const wanted = readAwsProcess(flags, process.env)
  const { resource = AWS_AUDIENCE } = flags
  const { access_token: token } = await ask({ ...flags, resource })
  printResult(await exchangeForAws(token, wanted, await readProxies({})))
  return 0
}

async function ask({
  stateDir,
  resource = DEFAULT_RESOURCE,
  keyFolder,
  clientId,
  bypassCache,
}: TokenFlags): Promise<TokenAnswer> {
  const { endpoint, patient, lead } = await findEndpoint(stateDir)
  return await requestToken(bypassCache ? bypassing(endpoint) : endpoint, {
    resource: removeSuffix(resource),
    keyFolder,
    clientId,
    patient,
    lead,
  })
}

/** The query of an endpoint's own URL is sent with every request. */
function bypassing(endpoint: EndpointLocation): EndpointLocation {
  if (!URL.canParse(endpoint.url)) return endpoint
  const url = new URL(endpoint.url)
  url.searchParams.set(PARAMETER.bypassCache, 'true')
  return { ...endpoint, url: url.href }
}

/** Where to ask, what led there, and whether it is known that there is an endpoint: one that starts anew is waited for then. */
interface Found {
  endpoint: EndpointLocation
  lead: Lead
  patient: boolean
}

/** What was named comes first, then what an SDK in our place would ask. */
async function findEndpoint(stateDir: string | undefined): Promise<Found> {
  const located = stateDir === undefined ? locateEndpoint(process.env) : undefined
  const folder = stateDir ?? process.env.LANDFAST_STATE_DIR
  if (located) return { endpoint: located, lead: 'variables', patient: true }
  if (!folder) return guessEndpoint()
  const { variables } = await findDev(folder)
  return { endpoint: locateEndpoint(variables) ?? DEFAULT_ENDPOINT, lead: 'dev', patient: true }
}

function guessEndpoint(): Found {
  const lead = process.env[WORKLOAD_VARIABLE.federatedTokenFile] ? 'federated-token' : 'guess'
  const patient = HIMDS_FILES.some((file) => existsSync(file))
  return { endpoint: DEFAULT_ENDPOINT, lead, patient }
}

/** A v2 scope is understood too: it is what people have at hand. */
function removeSuffix(resource: string): string {
  return resource.endsWith(DEFAULT_SCOPE_SUFFIX) ? resource.slice(0, -DEFAULT_SCOPE_SUFFIX.length) : resource
}
