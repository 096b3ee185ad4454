/**
 * The routes by which machines come and stay. They take no bearer token: a machine proves itself with its key.
 *
 * @see docs/onboarding.md
 * @module
 */

import { randomUUID } from 'node:crypto'
import {
  type AttestationRequest,
  type CertificateRequest,
  type Enrolment,
  type EnrolmentRequest,
  type EntraCertificateRequest,
  type HeartbeatRequest,
  ONBOARDING_PATH,
  type RenewalRequest,
} from '@landfast/protocol'
import type { FastifyInstance } from 'fastify'
import { type ArmServerParts, addArmRoutes } from '../admission/arm-server.ts'
import { unknownPath } from '../arm/arm-answer.ts'
import type { OpenRoute } from '../arm/arm-route.ts'
import type { AuditAction } from '../audit/audit-entry.ts'
import { thumbprintsOf } from '../certificates/thumbprint.ts'
import { type Answers, answers200, answersWritten } from '../openapi/arm-bodies.ts'
import { TAG } from '../openapi/openapi.ts'
import { createSharedChanges } from '../storage/shared-changes.ts'
import { acceptanceRoutes } from './acceptance-route.ts'
import { certifyAttestation } from './attestation-certificate.ts'
import { enrol } from './enrolment.ts'
import { createEntraCertifier } from './entra-certificate.ts'
import { fetchCertificate } from './first-certificate.ts'
import { createHeartbeats } from './heartbeat.ts'
import { type JoinTokenParts, makeJoinToken } from './join-token-making.ts'
import { joinTokenRoutes } from './join-token-routes.ts'
import { createKeyFinder } from './known-keys.ts'
import { createRefusalRecord, type OnRecord } from './onboarding-audit.ts'
import { isRefusal } from './onboarding-error.ts'
import type { OnboardingParts, RequestTrace } from './onboarding-parts.ts'
import { renew } from './renewal.ts'
import { MACHINE_REQUEST } from './request-schemas.ts'

/** What onboarding is made of. */
export type OnboardingServerParts = ArmServerParts &
  Omit<OnboardingParts, 'findKey' | 'shareChange'> &
  Omit<JoinTokenParts, 'caFingerprint'>

/** Onboarding for the program that runs the control plane: what the routes do, without the network. */
export interface OwnOnboarding {
  /** Makes a join token for one machine within an hour; the resource group is made if there is none of that name. */
  makeJoinToken(resourceGroup: string): Promise<string>
  /** Enrols the machine that sends `request`. @throws {OnboardingError} and nothing was changed. */
  enrol(request: EnrolmentRequest): Promise<Enrolment>
}

/** Adds every route of onboarding to `server`. */
export function addOnboarding(server: FastifyInstance, given: OnboardingServerParts): OwnOnboarding {
  const { ownAuthority, now } = given
  const caFingerprint = ownAuthority && (() => thumbprintsOf(ownAuthority.certificate).sha256)
  const findKey = createKeyFinder(given.storage)
  const shareChange = createSharedChanges(given.storage, isRefusal)
  const parts = { ...given, caFingerprint, findKey, shareChange }
  const onRecord = createRefusalRecord(parts)
  const routes = [...joinTokenRoutes(parts), ...acceptanceRoutes(parts), ...machineRoutes(parts, onRecord)]
  addArmRoutes(server, parts, routes)
  addCaCertificate(server, ownAuthority)
  return {
    makeJoinToken: (resourceGroup) => makeJoinToken(parts, { resourceGroup }, now()),
    enrol: async (request) => {
      const trace = { time: now(), correlationId: randomUUID() }
      return (await onRecord(MACHINE_ROUTES.enrol[0], trace, () => enrol(parts, request, trace))).enrolment
    },
  }
}

/** What tells the routes of machines apart: the action that a refusal is on record as, and the summary. */
const MACHINE_ROUTES = {
  enrol: ['enrol-machine', 'Registers the machine that sends a join token and its public key.'],
  certificate: [
    'fetch-certificate',
    'Gives the certificate of a machine that was created with its public key.',
  ],
  renew: ['renew-machine-key', 'Certifies a new key of a machine, also after the end of its certificate.'],
  attestation: [
    'certify-attestation',
    'Certifies, for a day, a key that signs attested documents of a machine.',
  ],
  entra: ['certify-entra', 'Certifies, for a year, a key that proves a machine at Entra ID.'],
  heartbeat: ['heartbeat', 'Takes the heartbeat of a machine and tells it which identities it has.'],
} as const satisfies Record<string, readonly [action: AuditAction, summary: string]>

type RouteName = keyof typeof MACHINE_ROUTES

const TEXT = { type: 'string' } as const
const CERTIFIED = { type: 'object', required: ['certificate'], properties: { certificate: TEXT } } as const

const ENROLMENT = {
  type: 'object',
  required: ['authority', 'identity', 'certificate', 'nonce', 'location'],
  properties: {
    authority: TEXT,
    identity: { type: 'object' },
    certificate: TEXT,
    nonce: TEXT,
    location: TEXT,
  },
} as const

const HEARTBEAT = {
  type: 'object',
  required: ['nonce', 'nextHeartbeatSeconds', 'identities'],
  properties: {
    nonce: TEXT,
    nextHeartbeatSeconds: { type: 'number' },
    identities: { type: 'array', items: { type: 'object' } },
    caCertificates: { type: 'array', items: TEXT },
  },
} as const

/** What each route answers. */
const MACHINE_ANSWERS: Readonly<Record<RouteName, Answers>> = {
  enrol: answersWritten('The machine is enrolled.', ENROLMENT),
  certificate: answers200('The certificate, and what the machine must know beside it.', CERTIFIED),
  renew: answers200('The certificate of the new key.', CERTIFIED),
  attestation: answers200('The certificate.', CERTIFIED),
  entra: answers200('The certificate.', CERTIFIED),
  heartbeat: answers200('What has changed, and when the next one is due.', HEARTBEAT),
}

/** Answers a body that the schema of its route let through. */
type Answer<Body> = (body: Body, trace: RequestTrace) => ReturnType<OpenRoute['handle']>

function machineRoutes(parts: OnboardingParts, onRecord: OnRecord): OpenRoute[] {
  const answers = answersOf(parts)
  return (Object.keys(MACHINE_ROUTES) as RouteName[]).map((name) => {
    const [action, summary] = MACHINE_ROUTES[name]
    const answer = answers[name] as Answer<unknown>
    return {
      open: true,
      method: 'POST',
      path: ONBOARDING_PATH[name],
      summary,
      answers: MACHINE_ANSWERS[name],
      body: MACHINE_REQUEST[name],
      handle: ({ body, time, correlationId, address }) => {
        const trace = { time, correlationId, address }
        return onRecord(action, trace, () => answer(body, trace))
      },
    }
  })
}

function answersOf(parts: OnboardingParts) {
  const takeHeartbeat = createHeartbeats(parts)
  const certifyEntra = createEntraCertifier(parts)
  return {
    enrol: async (body: EnrolmentRequest, trace) => {
      const { enrolment, isNew } = await enrol(parts, body, trace)
      return { status: isNew ? 201 : 200, body: enrolment }
    },
    certificate: async (body: CertificateRequest, trace) => ({
      body: await fetchCertificate(parts, body, trace),
    }),
    renew: async (body: RenewalRequest, trace) => ({ body: await renew(parts, body, trace) }),
    attestation: async (body: AttestationRequest, trace) => ({
      body: await certifyAttestation(parts, body, trace),
    }),
    entra: async (body: EntraCertificateRequest, trace) => ({ body: await certifyEntra(body, trace) }),
    heartbeat: async (body: HeartbeatRequest, trace) => ({ body: await takeHeartbeat(body, trace) }),
  } satisfies Record<RouteName, Answer<never>>
}

/** It is public, and a machine that fetches it compares it with the fingerprint in the join token. */
function addCaCertificate(server: FastifyInstance, ownAuthority: OnboardingParts['ownAuthority']): void {
  server.route({
    method: 'GET',
    url: ONBOARDING_PATH.caCertificate,
    schema: {
      summary: 'Gets the CA certificate by which the control plane is known.',
      tags: [TAG.own],
      produces: ['application/x-pem-file'],
      response: {
        200: { description: 'PEM.', content: { 'application/x-pem-file': { schema: { type: 'string' } } } },
      },
    },
    handler: async (request, reply) => {
      if (!ownAuthority) throw unknownPath(request.url)
      return reply.type('application/x-pem-file').send(ownAuthority.trusted.join('\n'))
    },
  })
}
