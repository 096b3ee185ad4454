/**
 * What goes wrong at Entra ID or on the way there: each fault is a row of data with its source.
 *
 * @module
 */

import type { Application, Directory } from './directory.ts'
import type { Refusal } from './refusals.ts'

/** An answer that no rule gave. */
export interface RawAnswer {
  status: number
  headers?: Readonly<Record<string, string>>
  body: string
}

/** How the service differs while a fault lasts. */
export interface Fault {
  /** The page, thread or file that tells of it. */
  source: string
  /** What the administrator did to the application. */
  change?: (application: Application) => Partial<Application>
  /** The keys are registered on another application instead. */
  movesKeys?: true
  /** The answer to every request for a token. */
  refusal?: Refusal
  raw?: RawAnswer
  /** Requests are taken and wait for the end of the fault. */
  isSilent?: true
  /** How far its clock is ahead. */
  aheadSeconds?: number
  /** What it makes of issuers: it does not reach them, or has keys from before their rotation. */
  issuers?: 'unreachable' | 'stale'
}

const THROTTLING = 'https://learn.microsoft.com/entra/msal/dotnet/advanced/client-and-server-throttling'
const MOCKS = 'MSAL.NET src/client/Microsoft.Identity.Lab.Api/Http/MockHelpers.cs'
const JSON_TYPE = { 'Content-Type': 'application/json; charset=utf-8' }

/** How long a throttled client is told to wait, unless a test says otherwise. */
const RETRY_AFTER = { 'Retry-After': '60' }

const ROWS = {
  unregistered: {
    source: 'azure-health-data-and-ai-samples#261',
    change: () => ({ keys: [] }),
  },
  'other-application': {
    source: 'microsoft-authentication-library-for-js#8339 (keys are looked for on the application that asks)',
    movesKeys: true,
  },
  expired: {
    source: 'Azure Stack HCI troubleshooting ("The key used is expired.")',
    change: ({ keys }) => ({ keys: keys.map((key) => ({ ...key, endsAt: 0 })) }),
  },
  replaced: {
    source: `keyCredentials is replaced as a whole: https://learn.microsoft.com/graph/api/application-update`,
    change: ({ keys }) => ({
      keys: keys.map((key) => ({ ...key, thumbprints: { 'x5t#S256': 'another', x5t: 'another' } })),
    }),
  },
  'federation-missing': {
    source: 'azure-devops-docs docs/pipelines/release/includes/errors-workload-identity.md',
    change: () => ({ federated: [] }),
  },
  'federation-new': {
    source:
      'entra-docs workload-identity-federation-considerations.md ("Time for federated credential changes to propagate")',
    refusal: { code: 70021 },
  },
  'federation-case': {
    source: 'Azure/login#515',
    change: ({ federated }) => ({
      federated: federated.map((one) => ({ ...one, subject: otherCase(one.subject) })),
    }),
  },
  'issuer-unreachable': { source: 'azure-workload-identity#642', issuers: 'unreachable' },
  'issuer-stale': { source: 'azure-workload-identity#1232', issuers: 'stale' },
  slow: { source: 'Azure/login#372 (requests that took longer than an assertion lives)', isSilent: true },
  '5xx': { source: `${MOCKS} CreateServerErrorMessage`, raw: { status: 503, body: 'Server Error 500-599' } },
  'throttled-json': {
    source: `${MOCKS} CreateTooManyRequestsJsonResponse; ${THROTTLING}`,
    raw: {
      status: 429,
      headers: { ...JSON_TYPE, ...RETRY_AFTER },
      body: JSON.stringify({
        error: 'Server overload',
        error_description: '429: Too many requests error',
        error_codes: [90010],
      }),
    },
  },
  'throttled-text': {
    source: `${MOCKS} CreateTooManyRequestsNonJsonResponse; ${THROTTLING}`,
    raw: {
      status: 429,
      headers: { 'Content-Type': 'text/plain', ...RETRY_AFTER },
      body: 'Too many requests error',
    },
  },
  'proxy-page': {
    source: 'http://www.squid-cache.org/Doc/config/deny_info (ERR_ACCESS_DENIED is a page with status 403)',
    raw: {
      status: 403,
      headers: { 'Content-Type': 'text/html;charset=utf-8', 'X-Squid-Error': 'ERR_ACCESS_DENIED 0' },
      body: '<!DOCTYPE html><html><head><title>ERROR: The requested URL could not be retrieved</title></head><body><h1>ERROR</h1><p>Access Denied.</p></body></html>',
    },
  },
  'tenant-disabled': { source: 'Azure/azure-cli#33547', refusal: { code: 5000225 } },
  'application-disabled': {
    source: 'entra-docs reference-error-codes.md (AADSTS7000112)',
    change: () => ({ isDisabled: true }),
  },
  clock: {
    source: 'dotnet/docker-tools#1310; microsoft-authentication-library-for-java#984',
    aheadSeconds: 3600,
  },
} as const satisfies Record<string, Fault>

/** The name of a fault. */
export type FaultName = keyof typeof ROWS

/** Every fault. */
export const FAULTS: Readonly<Record<FaultName, Fault>> = ROWS

/** The tenant as the fault leaves it. */
export function changeDirectory(directory: Directory, { change, movesKeys }: Fault): Directory {
  if (movesKeys) return { ...directory, applications: directory.applications.flatMap(splitKeys) }
  if (!change) return directory
  return { ...directory, applications: directory.applications.map((one) => ({ ...one, ...change(one) })) }
}

function splitKeys(application: Application): Application[] {
  const clientId = application.clientId.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))
  return [
    { ...application, keys: [] },
    { ...application, clientId, objectId: clientId, federated: [] },
  ]
}

function otherCase(text: string): string {
  return text === text.toUpperCase() ? text.toLowerCase() : text.toUpperCase()
}
