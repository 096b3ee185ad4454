/**
 * The cases that every client goes through, in every style that it knows.
 *
 * @module
 */

import { RESOURCE_MAX_CHARACTERS, type StyleName, type WireErrorCode } from '@landfast/protocol'
import { WORKLOAD_IDENTITY } from '../packages/cli/src/run/run-styles.ts'
import type { AuthorityErrorCode } from '../packages/control-plane/src/authority/authority-error.ts'
import type { SystemName } from './client-folder.ts'
import type { Selector } from './client-report.ts'
import { COLUMN_NAMES, type ColumnName } from './columns.ts'
import type { UpstreamFault } from './upstream.ts'
import { KEY_FILE_FAULTS, type KeyFileFault } from './windows/key-file-faults.ts'

/** What should come of running the program once. */
export type Expected =
  | {
      outcome: 'token'
      /** Requests that were answered with a token since the case began; default: not looked at. */
      granted?: number
      /** Tokens that came from upstream since the case began; default: not looked at. */
      fetched?: number
    }
  /** The client shows our sentence of this code. */
  | { outcome: 'error'; code: WireErrorCode }
  /** The client shows the authority's sentence of this code. */
  | { outcome: 'error'; refusal: AuthorityErrorCode }
  /** The client itself refuses, in words of its own, and sends no key. */
  | { outcome: 'error'; keyStays: true }

/** One run of the program, or of several at once, and what is changed before it. */
export interface Step {
  upstream?: UpstreamFault
  /** The agent's clock goes on by this before the run. */
  passSeconds?: number
  /** How far the control plane's clock is ahead. */
  skewSeconds?: number
  /** What is wrong with the token that a workload finds in its file; default: nothing, and it is a new one. */
  federated?: 'expired' | 'untrusted'
  /** What is wrong with the key file that the challenge names; default: nothing. */
  keyFile?: KeyFileFault
  expected: Expected
}

/** What surrounds the program. */
export type Surroundings =
  /** The variables that lead to the endpoint. */
  | 'variables'
  /** The agent on a free port, and variables that lead there, where clients look at a fixed address otherwise. */
  | 'override'
  /** None of them, but the file of the agent's program where SDKs look for it. */
  | 'marker'
  /** A proxy that is down, and the exceptions that we set beside it. */
  | 'proxy'
  /** The same proxy without the exceptions. */
  | 'bare-proxy'
  /** Whatever stands in front of the agent answers 410 at first. */
  | 'gone'

/** One case. */
export interface Case {
  title: string
  /** Only with `--all`. */
  isLong?: true
  /** It may come to another end in each style; the other cases are tried in all of them only with `--all`. */
  isOfStyles?: true
  /** It may come to another end on each system; the other cases are tried on Windows only with `--all`. */
  isOfSystems?: true
  /** A chain of credentials may come to another end; the other cases are tried with it only with `--all`. */
  isOfChains?: true
  /** Only on these systems; default: on every one. */
  systems?: readonly SystemName[]
  /** Only in these columns; default: in every style of the agent. */
  styles?: readonly ColumnName[]
  /** By which name a user-assigned identity is asked for; default: the machine's own is. */
  by?: Selector['by']
  /** The identity is not assigned to this machine. */
  isStranger?: true
  surroundings?: Surroundings
  /** The rules of the agent's policy; default: it has none. */
  policy?: readonly object[]
  /** What the token is for, where that matters. */
  resource?: string
  calls?: number
  processes?: number
  steps: readonly Step[]
}

/** What a token is for, where a case does not say. */
export const RESOURCE = 'https://vault.azure.net'

/** In the others, the real service gives whoever asks the one identity that it has for it. */
const SELECT_BY_CLIENT_ID: readonly StyleName[] = ['arc', 'app-service', 'vm', 'azure-ml']

const SELECT_BY_OTHERS: readonly StyleName[] = ['arc', 'app-service', 'vm']

const WITHOUT_AGENT: readonly ColumnName[] = [WORKLOAD_IDENTITY]

const TOKEN: readonly Step[] = [{ expected: { outcome: 'token' } }]

/** An hour's token has less than a client's margin left after this. */
const NEARLY_AN_HOUR_SECONDS = 3400

/** After a failure the agent asks upstream no sooner than a second later. */
const PAUSE_SECONDS = 10

/** Far more than authorities let pass. */
const SKEW_SECONDS = 1200

/** The authority takes no resource that is longer. */
const LONG_RESOURCE = `https://${'x'.repeat(RESOURCE_MAX_CHARACTERS)}`

/** Every case, in the order of the table. */
export const CASES = {
  'system-assigned': {
    title: 'the machine’s own identity',
    isOfStyles: true,
    isOfChains: true,
    isOfSystems: true,
    steps: TOKEN,
  },
  'client-id': {
    title: 'a user-assigned identity by client id',
    by: 'client_id',
    styles: SELECT_BY_CLIENT_ID,
    isOfStyles: true,
    isOfChains: true,
    isOfSystems: true,
    steps: TOKEN,
  },
  'object-id': {
    title: 'a user-assigned identity by object id',
    by: 'object_id',
    styles: SELECT_BY_OTHERS,
    steps: TOKEN,
  },
  'resource-id': {
    title: 'a user-assigned identity by resource id',
    by: 'resource_id',
    styles: SELECT_BY_OTHERS,
    isOfChains: true,
    steps: TOKEN,
  },
  unassigned: {
    title: 'an identity that this machine has not: refused, and our sentence is shown',
    styles: SELECT_BY_CLIENT_ID,
    isOfStyles: true,
    isOfChains: true,
    by: 'client_id',
    isStranger: true,
    steps: [{ expected: { outcome: 'error', code: 'identity_not_found' } }],
  },
  'wrong-resource': {
    title: 'a resource that the authority refuses: our sentence is shown',
    isOfStyles: true,
    isOfChains: true,
    isOfSystems: true,
    steps: [
      { upstream: { failure: 'resource_refused' }, expected: { outcome: 'error', code: 'resource_refused' } },
    ],
  },
  denied: {
    title: 'the policy of the host denies the token: our sentence is shown',
    isOfStyles: true,
    isOfChains: true,
    policy: [{ name: 'nobody', effect: 'deny' }],
    steps: [{ expected: { outcome: 'error', code: 'policy_denied' } }],
  },
  cached: {
    title: 'a second call is answered from the client’s cache',
    isOfStyles: true,
    styles: COLUMN_NAMES,
    calls: 2,
    isOfSystems: true,
    steps: [{ expected: { outcome: 'token', granted: 1, fetched: 1 } }],
  },
  expiry: {
    title: 'a token that is about to end is asked for anew, by the client and by the agent',
    calls: 2,
    steps: [{ upstream: { lifetimeSeconds: 200 }, expected: { outcome: 'token', granted: 2, fetched: 2 } }],
  },
  refresh: {
    title: 'the agent serves its token again, and a new one when that is nearly over',
    steps: [
      { expected: { outcome: 'token', granted: 1, fetched: 1 } },
      { expected: { outcome: 'token', granted: 2, fetched: 1 } },
      { passSeconds: NEARLY_AN_HOUR_SECONDS, expected: { outcome: 'token', granted: 3, fetched: 2 } },
    ],
  },
  'upstream-down': {
    title: 'the authority is down: our sentence is shown; and when it is back, a token',
    isOfChains: true,
    steps: [
      { upstream: { failure: 'unavailable' }, expected: { outcome: 'error', code: 'upstream_unavailable' } },
      { upstream: {}, passSeconds: PAUSE_SECONDS, expected: { outcome: 'token' } },
    ],
  },
  throttled: {
    title: 'once 429 with Retry-After: the client waits and has a token',
    steps: [
      {
        upstream: { failure: 'throttled', retryAfterSeconds: 2, times: 1 },
        expected: { outcome: 'token' },
      },
    ],
  },
  gone: {
    title: 'twice 410, as while a real service is updated: the client waits and has a token',
    isLong: true,
    // A relay has not the certificate whose thumbprint clients are told.
    styles: ['arc', 'app-service', 'vm', 'app-service-2017', 'azure-ml', 'cloud-shell'],
    surroundings: 'gone',
    steps: TOKEN,
  },
  'authority-ahead': {
    title: 'the authority’s clock is 20 minutes ahead',
    steps: [{ skewSeconds: SKEW_SECONDS, expected: { outcome: 'token' } }],
  },
  'authority-behind': {
    title: 'the authority’s clock is 20 minutes behind',
    steps: [{ skewSeconds: -SKEW_SECONDS, expected: { outcome: 'token' } }],
  },
  proxy: {
    title: 'HTTP_PROXY and HTTPS_PROXY are set, with the NO_PROXY that Landfast sets',
    isOfChains: true,
    styles: COLUMN_NAMES,
    surroundings: 'proxy',
    isOfSystems: true,
    steps: TOKEN,
  },
  'bare-proxy': {
    title: 'HTTP_PROXY is set, without NO_PROXY',
    // The variable is not for what is asked over TLS.
    styles: ['arc', 'app-service', 'vm', 'app-service-2017', 'azure-ml', 'cloud-shell'],
    surroundings: 'bare-proxy',
    steps: TOKEN,
  },
  'ten-at-once': {
    title: 'ten processes at once; an agent asks upstream once for all of them',
    styles: COLUMN_NAMES,
    processes: 10,
    steps: [{ expected: { outcome: 'token', granted: 10, fetched: 1 } }],
  },
  override: {
    title: 'found on a free port by the variable AZURE_POD_IDENTITY_AUTHORITY_HOST',
    isOfChains: true,
    styles: ['vm'],
    surroundings: 'override',
    steps: TOKEN,
  },
  marker: {
    title: 'found by the file /opt/azcmagent/bin/himds alone, with no variable set',
    isOfChains: true,
    styles: ['arc'],
    surroundings: 'marker',
    isOfSystems: true,
    steps: TOKEN,
  },
  federated: {
    title: 'the token in the file is exchanged for one of the identity that trusts it',
    isOfChains: true,
    styles: WITHOUT_AGENT,
    isOfSystems: true,
    steps: TOKEN,
  },
  'untrusted-token': {
    title: 'the identity does not trust the token in the file: the authority’s sentence is shown',
    isOfChains: true,
    styles: WITHOUT_AGENT,
    steps: [
      {
        federated: 'untrusted',
        expected: { outcome: 'error', refusal: 'federation_subject_unmatched' },
      },
    ],
  },
  'expired-token': {
    title:
      'the token in the file has expired: the authority’s sentence is shown; and with a new one, a token',
    isOfChains: true,
    styles: WITHOUT_AGENT,
    steps: [
      { federated: 'expired', expected: { outcome: 'error', refusal: 'assertion_out_of_time' } },
      { expected: { outcome: 'token' } },
    ],
  },
  'long-resource': {
    title: 'a resource that is too long for the authority: its sentence is shown',
    isOfChains: true,
    styles: WITHOUT_AGENT,
    resource: LONG_RESOURCE,
    steps: [{ expected: { outcome: 'error', refusal: 'scope_malformed' } }],
  },
  'key-file': {
    title:
      'a key file in another folder, on another drive, above the folder, with another ending, or too large: refused, and no key is sent',
    isOfChains: true,
    styles: ['arc'],
    systems: ['windows'],
    isOfSystems: true,
    steps: KEY_FILE_FAULTS.map((keyFile) => ({ keyFile, expected: { outcome: 'error', keyStays: true } })),
  },
} as const satisfies Record<string, Case>

/** The name of a case. */
export type CaseName = keyof typeof CASES

/** Every case's name. */
export const CASE_NAMES = Object.keys(CASES) as CaseName[]

/** The case `name`. */
export function caseOf(name: CaseName): Case {
  return CASES[name]
}
