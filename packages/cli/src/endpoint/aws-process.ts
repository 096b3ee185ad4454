/**
 * The process of AWS's configuration: what a program writes to standard output for `credential_process`. The token is exchanged
 * here, since AWS's clients take credentials from a process and no token.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 * @module
 */

import type { SourceError } from '@landfast/agent'
import type { Proxies } from '@landfast/server/proxy'
import { CliError } from '../cli-error.ts'
import type { Environment } from '../environment.ts'
import { AWS_STS_URL, parseRoleArn, parseStsUrl } from '../settings/aws-rows.ts'
import { decodeToken } from './decoded-token.ts'

/** The version of the form. */
const VERSION = 1

const TIMEOUT_MS = 20_000

/** What the command was given. */
export interface AwsProcessFlags {
  roleArn?: string
  stsUrl?: string
}

/** For which role, and where; the session has a name if a variable gives it one. */
export interface AwsProcess {
  roleArn: string
  url: string
  sessionName: string | undefined
}

/**
 * What is wanted, by the flags or by the variables of AWS's own clients.
 *
 * @throws {CliError} `argument_missing` or `argument_invalid`.
 */
export function readAwsProcess(flags: AwsProcessFlags, environment: Environment): AwsProcess {
  const roleArn = flags.roleArn ?? environment.AWS_ROLE_ARN
  if (!roleArn) {
    throw new CliError('argument_missing', { detail: '"--format aws" needs "--role-arn", or AWS_ROLE_ARN' })
  }
  const url = flags.stsUrl ?? (environment.AWS_ENDPOINT_URL_STS || AWS_STS_URL)
  return {
    roleArn: parsed('--role-arn', parseRoleArn, roleArn),
    url: parsed('--sts-url', parseStsUrl, url),
    sessionName: environment.AWS_ROLE_SESSION_NAME || undefined,
  }
}

/**
 * The line with the credentials for `token`.
 *
 * @throws {CliError} `role_refused` or `sts_unavailable`.
 */
export async function exchangeForAws(token: string, wanted: AwsProcess, proxies: Proxies): Promise<string> {
  const { SourceError } = await import('@landfast/agent')
  const { createStsExchange, formatExpiration, sessionNameOf } = await import('@landfast/agent/upstream')
  const { roleArn, url, sessionName = sessionNameOf(ownerOf(token)) } = wanted
  const sts = createStsExchange({ roleArn, sessionName, url, proxies })
  try {
    const { expiresAt, ...credentials } = await sts.exchange(token, AbortSignal.timeout(TIMEOUT_MS))
    return JSON.stringify({ Version: VERSION, ...credentials, Expiration: formatExpiration(expiresAt) })
  } catch (error) {
    throw error instanceof SourceError ? explain(error, roleArn) : error
  } finally {
    sts.close()
  }
}

function explain(error: SourceError, roleArn: string): CliError {
  const hints = error.reason ? [error.reason.message] : []
  return error.failure === 'resource_refused'
    ? new CliError('role_refused', { detail: `"${roleArn}": ${error.message}`, hints, cause: error })
    : new CliError('sts_unavailable', { detail: error.message, hints, cause: error })
}

/** The ARM id of the resource whose token it is, or whoever else the token names. */
function ownerOf(token: string): string {
  const { xms_mirid: resourceId, sub } = decodeToken(token).claims as Record<string, unknown>
  return String(resourceId ?? sub)
}

function parsed(name: string, parse: (text: string) => string, text: string): string {
  try {
    return parse(text)
  } catch (cause) {
    throw new CliError('argument_invalid', { detail: `"${name}" ${(cause as Error).message}`, cause })
  }
}
