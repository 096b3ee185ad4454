/**
 * The routes by which machines come and stay. They take no bearer token: a machine proves itself with its key.
 *
 * @see docs/onboarding.md
 * @module
 */

import {
  type AttestationRequest,
  type CertificateRequest,
  type EnrolmentRequest,
  type HeartbeatRequest,
  ONBOARDING_PATH,
  type RenewalRequest,
} from '@landfast/protocol'
import type { FastifyInstance } from 'fastify'
import { type ArmServerParts, addArmRoutes } from '../admission/arm-server.ts'
import { unknownPath } from '../arm/arm-answer.ts'
import type { OpenRoute } from '../arm/arm-route.ts'
import type { AuditAction } from '../audit/audit-trail.ts'
import { thumbprintsOf } from '../certificates/thumbprint.ts'
import { ARM_REFUSAL } from '../openapi/answers.ts'
import { TAG } from '../openapi/openapi.ts'
import { certifyAttestation } from './attestation-certificate.ts'
import { enrol } from './enrolment.ts'
import { fetchCertificate } from './first-certificate.ts'
import { createHeartbeats } from './heartbeat.ts'
import { type JoinTokenParts, joinTokenRoutes } from './join-token-routes.ts'
import { createKeyFinder } from './known-keys.ts'
import { createRefusalRecord, type OnRecord } from './onboarding-audit.ts'
import type { OnboardingParts, RequestTrace } from './onboarding-parts.ts'
import { renew } from './renewal.ts'
import {
  CERTIFICATE_REQUEST,
  ENROLMENT_REQUEST,
  HEARTBEAT_REQUEST,
  RENEWAL_REQUEST,
} from './request-schemas.ts'

/** What onboarding is made of. */
export type OnboardingServerParts = ArmServerParts &
  Omit<OnboardingParts, 'findKey'> &
  Omit<JoinTokenParts, 'caFingerprint'> & {
    /** By which the server is known, PEM; undefined if its certificate is publicly trusted. */
    caCertificate: string | undefined
  }

/** Adds every route of onboarding to `server`. */
export function addOnboarding(server: FastifyInstance, given: OnboardingServerParts): void {
  const { caCertificate } = given
  const parts = { ...given, findKey: createKeyFinder(given.storage) }
  const caFingerprint = caCertificate === undefined ? undefined : thumbprintsOf(caCertificate).sha256
  addArmRoutes(server, parts, [...joinTokenRoutes({ ...parts, caFingerprint }), ...machineRoutes(parts)])
  addCaCertificate(server, caCertificate)
}

function machineRoutes(parts: OnboardingParts): OpenRoute[] {
  const onRecord = createRefusalRecord(parts)
  const takeHeartbeat = createHeartbeats(parts)
  return [
    machineRoute<EnrolmentRequest>(onRecord, {
      path: ONBOARDING_PATH.enrol,
      summary: 'Registers the machine that sends a join token and its public key.',
      body: ENROLMENT_REQUEST,
      action: 'enrol-machine',
      answer: async (request, trace) => {
        const { enrolment, isNew } = await enrol(parts, request, trace)
        return { status: isNew ? 201 : 200, body: enrolment }
      },
    }),
    machineRoute<CertificateRequest>(onRecord, {
      path: ONBOARDING_PATH.certificate,
      summary: 'Gives the certificate of a machine that was created with its public key.',
      body: CERTIFICATE_REQUEST,
      action: 'fetch-certificate',
      answer: async (request, trace) => ({ body: await fetchCertificate(parts, request, trace) }),
    }),
    machineRoute<RenewalRequest>(onRecord, {
      path: ONBOARDING_PATH.renew,
      summary: 'Certifies a new key of a machine, also after the end of its certificate.',
      body: RENEWAL_REQUEST,
      action: 'renew-machine-key',
      answer: async (request, trace) => ({ body: await renew(parts, request, trace) }),
    }),
    machineRoute<AttestationRequest>(onRecord, {
      path: ONBOARDING_PATH.attestation,
      summary: 'Certifies, for a day, a key that signs attested documents of a machine.',
      body: RENEWAL_REQUEST,
      action: 'certify-attestation',
      answer: async (request, trace) => ({ body: await certifyAttestation(parts, request, trace) }),
    }),
    machineRoute<HeartbeatRequest>(onRecord, {
      path: ONBOARDING_PATH.heartbeat,
      summary: 'Takes the heartbeat of a machine and tells it which identities it has.',
      body: HEARTBEAT_REQUEST,
      action: 'heartbeat',
      answer: async (request, trace) => ({ body: await takeHeartbeat(request, trace) }),
    }),
  ]
}

/** What tells one of these routes from another. */
interface MachineRoute<Request> extends Pick<OpenRoute, 'path' | 'summary' | 'body'> {
  /** What a refusal is on record as. */
  action: AuditAction
  answer: (request: Request, trace: RequestTrace) => ReturnType<OpenRoute['handle']>
}

function machineRoute<Request>(
  onRecord: OnRecord,
  { action, answer, ...route }: MachineRoute<Request>,
): OpenRoute {
  return {
    open: true,
    method: 'POST',
    ...route,
    handle: ({ body, ...trace }) => onRecord(action, trace, () => answer(body as Request, trace)),
  }
}

/** It is public, and whoever fetches it compares it with the fingerprint in the join token. */
function addCaCertificate(server: FastifyInstance, caCertificate: string | undefined): void {
  server.route({
    method: 'GET',
    url: ONBOARDING_PATH.caCertificate,
    schema: {
      summary: 'Gets the CA certificate by which the control plane is known.',
      tags: [TAG.own],
      produces: ['application/x-pem-file'],
      response: { 200: { description: 'PEM.', type: 'string' }, 404: ARM_REFUSAL },
    },
    handler: async (request, reply) => {
      if (caCertificate === undefined) throw unknownPath(request.url)
      return reply.type('application/x-pem-file').send(caCertificate)
    },
  })
}
