/**
 * The refusals of the onboarding routes, in Resource Manager's form: one table gives each code its status, the
 * machine's next step, and the sentence that a person reads.
 *
 * @see docs/errors.md
 * @module
 */

import { PROOF_LIFETIME_MAX_SECONDS } from './onboarding.ts'

/**
 * What a machine does after a refusal: nothing before a person `correct`s the request; the same `again` with a new
 * assertion or proof, perhaps with a corrected clock; `renew` its certificate; or `stop`, since it is no machine of
 * this control plane any more: it serves no token that it still has.
 */
export type AfterRefusal = 'correct' | 'again' | 'renew' | 'stop'

/** What a person runs on a machine whose registration is no good any more. */
const FORGET = 'run "landfast disconnect --force-local-only" there'

/** As another machine: the name of the first is taken. */
const CONNECT_AS_OTHER = `${FORGET}, then "landfast connect --resource-name" with another name`

/** As the same machine, where its key or state is lost. */
const CONNECT_AS_BEFORE = `${FORGET}, then the line that an administrator gets by "landfast join-token create --replace NAME"`

/** As the same machine, where it still has a key that it once had: nothing is to be done on it. */
const ACCEPT = 'an administrator lets it go on with "landfast machine accept-restored NAME"'

/** The status, what the machine does then, and the sentence of each code. */
export const ONBOARDING_ERRORS = {
  InvalidParameter: [400, 'correct', 'a field of the request is missing or malformed'],
  InvalidKey: [
    400,
    'correct',
    'the public key must be an SPKI public key in PEM: RSA with 2048 to 4096 bits or EC on the curve P-256',
  ],
  InvalidProof: [
    400,
    'correct',
    `the proof must be a JWT signed by the private half of the key, for the URL of this route, good for ${PROOF_LIFETIME_MAX_SECONDS} seconds at most`,
  ],
  ProofOutOfTime: [400, 'again', 'the proof is not within its valid time; compare the clocks of both sides'],
  JoinTokenRefused: [
    401,
    'correct',
    'the join token is unknown, used up, expired or revoked; make a new one with "landfast join-token create"',
  ],
  MachineNotFound: [
    404,
    'correct',
    'there is no machine with this resource id that was created with this public key',
  ],
  MachineExists: [
    409,
    'correct',
    'there is a machine of this name in the resource group; choose another name, or give that machine this host with "landfast join-token create --replace NAME"',
  ],
  KeyKnown: [409, 'correct', 'this public key is or was the key of a machine; make a new key pair'],
  AlreadyConnected: [
    409,
    'correct',
    `this machine has sent heartbeats already, so its first answer is given no more; if its state is lost, ${CONNECT_AS_BEFORE}`,
  ],
  MachineCloned: [
    409,
    'stop',
    'another host goes on as this machine: this one is a copy or was restored from a backup',
  ],
  AssertionRefused: [
    401,
    'stop',
    `this control plane does not know the key of the assertion, or it is malformed or for another URL; if the control plane was restored from an older backup, ${CONNECT_AS_BEFORE}, or, if "landfast machine list" does not have the machine, by "landfast join-token create"`,
  ],
  AssertionOutOfTime: [
    401,
    'again',
    'the assertion is not within its valid time; compare the clocks of both sides',
  ],
  AssertionSpent: [
    401,
    'again',
    'the assertion was used before; make a new one with another jti for each request',
  ],
  CertificateExpired: [401, 'renew', 'the certificate of this machine has expired; renew it'],
  RestoredAccepted: [
    401,
    'renew',
    'an administrator has accepted this machine as restored: it has a new key certified now, once',
  ],
  KeyRetired: [
    401,
    'stop',
    `the machine has a newer key: what has this one is a copy or was restored from a backup; if it was restored, ${ACCEPT}; if it is a copy, ${CONNECT_AS_OTHER}`,
  ],
  ReturnRefused: [
    401,
    'stop',
    `the certificate of this machine ended longer ago than this control plane lets a machine return; ${ACCEPT}`,
  ],
  MachineDisabled: [401, 'stop', 'the machine is disabled; an administrator may enable it'],
  MachineDeleted: [401, 'stop', `the machine was deleted; ${FORGET}, then "landfast connect"`],
} as const satisfies Record<string, readonly [status: number, then: AfterRefusal, sentence: string]>

/** A stable code of what was refused. */
export type OnboardingErrorCode = keyof typeof ONBOARDING_ERRORS

/** Every code, in the order of the table. */
export const ONBOARDING_ERROR_CODES = Object.keys(ONBOARDING_ERRORS) as OnboardingErrorCode[]

/** Whether `code` is one of this page. */
export function isOnboardingErrorCode(code: string): code is OnboardingErrorCode {
  return Object.hasOwn(ONBOARDING_ERRORS, code)
}

/** What a machine does after a refusal with `code`. */
export function afterRefusal(code: OnboardingErrorCode): AfterRefusal {
  return ONBOARDING_ERRORS[code][1]
}

/** The message of `MachineCloned`, which names both hosts and what to run. Either may never have told its name. */
export function cloneMessage(hosts: { stored: string | null; presented: string }): string {
  const [, , sentence] = ONBOARDING_ERRORS.MachineCloned
  const stored = hosts.stored === null ? 'a host that never told its name' : `the host "${hosts.stored}"`
  return `${sentence} (the last heartbeat came from ${stored}, this one from the host "${hosts.presented}"); if this host was put back to an older state, ${ACCEPT}; to make it a machine of its own, ${CONNECT_AS_OTHER}`
}
