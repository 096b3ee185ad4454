/**
 * Machines that come to a control plane of one test and stay with it, as the agent does it: over HTTPS, with keys
 * of their own. Not published.
 *
 * @module
 */

import { type KeyObject, randomUUID } from 'node:crypto'
import {
  assertionClaims,
  type Enrolment,
  type EnrolmentRequest,
  ONBOARDING_PATH,
  parseJoinToken,
} from '@landfast/protocol'
import { SignJWT } from 'jose'
import { thumbprintsOf } from '../certificates/thumbprint.ts'
import { makeProof } from './machine-keys.ts'
import { type Answer, makeKeys } from './trial.ts'
import {
  type AskOptions,
  startTrialResourceManager,
  type TrialResourceManager,
} from './trial-resource-manager.ts'

/** A key pair on a machine; the public half as it is sent. */
export interface MachineKeys {
  privateKey: KeyObject
  publicKey: string
}

/** What of a certified machine proves it. */
export interface CertifiedMachine {
  clientId: string
  certificate: string
  privateKey: KeyObject
}

/** An enrolled machine. */
export interface EnrolledMachine extends Enrolment, MachineKeys, CertifiedMachine {}

/** An application in Entra ID. */
export const APPLICATION_ID = '5f3a1f0c-7a11-4c0d-9a53-0b8f1c1e6a0e'

/** What a test wants to be different in a request. */
type Changes = Record<string, unknown>

/** A control plane with what machines do. */
export interface TrialOnboarding extends TrialResourceManager {
  /** Makes a join token as the owner, or as `as`. */
  makeJoinToken(body?: Changes, options?: Pick<AskOptions, 'as'>): Promise<Answer>
  /** The secret of a new join token for the group "shop". */
  joinSecret(body?: Changes): Promise<string>
  /** Sends an enrolment. */
  enrol(secret: string, keys: MachineKeys, changes?: Partial<EnrolmentRequest>): Promise<Answer>
  /** Enrols a machine with a join token of its own; it has not yet sent a heartbeat. */
  enrolMachine(name?: string): Promise<EnrolledMachine>
  /** A proof for the route at `path`. */
  proof(keys: Pick<MachineKeys, 'privateKey'>, path: string): Promise<string>
  /** An assertion for the route at `path`. */
  assertion(machine: CertifiedMachine, path: string, claims?: Changes): Promise<string>
  renew(machine: CertifiedMachine, keys: MachineKeys, changes?: Changes): Promise<Answer>
  attest(machine: CertifiedMachine, keys: MachineKeys, changes?: Changes): Promise<Answer>
  /** Has a key certified for the application `applicationId` in Entra ID. */
  certifyEntra(machine: CertifiedMachine, keys: MachineKeys, changes?: Changes): Promise<Answer>
  beat(machine: CertifiedMachine, nonce: string, changes?: Changes): Promise<Answer>
  /** What the audit trail has of `action`, oldest first. */
  audited(action: string): Promise<{ outcome: string; code: string | null }[]>
}

/** Starts one; it is stopped after the test. */
export async function startTrialOnboarding(
  ...options: Parameters<typeof startTrialResourceManager>
): Promise<TrialOnboarding> {
  const trial = await startTrialResourceManager(...options)
  const { controlPlane, clock, ask, storage } = trial
  const urlOf = (path: string) => controlPlane.url + path
  const post = (path: string, json: object) => ask(path, { method: 'POST', json, as: undefined })

  const makeJoinToken: TrialOnboarding['makeJoinToken'] = (body = {}, as = {}) =>
    ask(ONBOARDING_PATH.joinTokens, { method: 'POST', json: { resourceGroup: 'shop', ...body }, ...as })
  const joinSecret = async (body: Changes = {}) => {
    const { body: answer } = await makeJoinToken(body)
    return parseJoinToken(answer.token)?.secret ?? ''
  }
  const proof: TrialOnboarding['proof'] = ({ privateKey }, path) =>
    makeProof({ privateKey, url: urlOf(path), now: clock.now() })
  const assertion: TrialOnboarding['assertion'] = (
    { clientId, certificate, privateKey },
    path,
    claims = {},
  ) => {
    const nowSeconds = Math.floor(clock.now().getTime() / 1000)
    const usual = assertionClaims({ tokenEndpoint: urlOf(path), clientId, jti: randomUUID(), nowSeconds })
    const alg = privateKey.asymmetricKeyType === 'rsa' ? 'PS256' : 'ES256'
    const header = { alg, typ: 'JWT', 'x5t#S256': thumbprintsOf(certificate).sha256 }
    return new SignJWT({ ...usual, ...claims }).setProtectedHeader(header).sign(privateKey)
  }
  const enrol: TrialOnboarding['enrol'] = async (joinTokenSecret, keys, changes = {}) =>
    post(ONBOARDING_PATH.enrol, {
      joinTokenSecret,
      name: 'web-1',
      publicKey: keys.publicKey,
      proof: await proof(keys, ONBOARDING_PATH.enrol),
      vmId: randomUUID(),
      ...changes,
    })
  const certify = async (
    path: string,
    { machine, keys, changes }: { machine: CertifiedMachine; keys: MachineKeys; changes: Changes },
  ) =>
    post(path, {
      assertion: await assertion(machine, path),
      publicKey: keys.publicKey,
      proof: await proof(keys, path),
      ...changes,
    })
  return {
    ...trial,
    makeJoinToken,
    joinSecret,
    proof,
    assertion,
    enrol,
    enrolMachine: async (name = 'web-1') => {
      const keys = await makeKeys()
      const { body } = await enrol(await joinSecret(), keys, { name })
      return { ...keys, ...body, clientId: body.identity.clientId }
    },
    renew: (machine, keys, changes = {}) => certify(ONBOARDING_PATH.renew, { machine, keys, changes }),
    attest: (machine, keys, changes = {}) => certify(ONBOARDING_PATH.attestation, { machine, keys, changes }),
    certifyEntra: (machine, keys, changes = {}) =>
      certify(ONBOARDING_PATH.entra, {
        machine,
        keys,
        changes: { applicationId: APPLICATION_ID, ...changes },
      }),
    beat: async (machine, nonce, changes = {}) =>
      post(ONBOARDING_PATH.heartbeat, {
        assertion: await assertion(machine, ONBOARDING_PATH.heartbeat),
        nonce,
        hostName: 'host-a',
        ...changes,
      }),
    audited: (action) =>
      storage.db
        .selectFrom('audit')
        .select(['outcome', 'code'])
        .where('action', '=', action)
        .orderBy('time')
        // The clock of a trial stands still.
        .orderBy('outcome')
        .orderBy('code')
        .execute(),
  }
}
