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
import { thumbprintsOf } from '../certificates/thumbprint.ts'
import { ARM_REFUSAL } from '../openapi/answers.ts'
import { TAG } from '../openapi/openapi.ts'
import { unknownPath } from '../resource-manager/arm-answer.ts'
import type { OpenRoute } from '../resource-manager/arm-route.ts'
import { type ArmServerParts, addArmRoutes } from '../resource-manager/arm-server.ts'
import { certifyAttestation } from './attestation-certificate.ts'
import { enrol } from './enrolment.ts'
import { fetchCertificate } from './first-certificate.ts'
import { createHeartbeats } from './heartbeat.ts'
import { type JoinTokenParts, joinTokenRoutes } from './join-token-routes.ts'
import { createKeyFinder } from './known-keys.ts'
import { createRefusalRecord, type OnRecord } from './onboarding-audit.ts'
import type { OnboardingParts } from './onboarding-parts.ts'
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
  const onRecord = createRefusalRecord(parts.storage)
  return [
    enrolmentRoute(parts, onRecord),
    certificateRoute(parts, onRecord),
    renewalRoute(parts, onRecord),
    attestationRoute(parts, onRecord),
    heartbeatRoute(parts, onRecord),
  ]
}

function enrolmentRoute(parts: OnboardingParts, onRecord: OnRecord): OpenRoute {
  return {
    open: true,
    method: 'POST',
    path: ONBOARDING_PATH.enrol,
    summary: 'Registers the machine that sends a join token and its public key.',
    body: ENROLMENT_REQUEST,
    handle: async ({ body, ...trace }) => {
      const request = body as EnrolmentRequest
      const { enrolment, isNew } = await onRecord('enrol-machine', trace, () => enrol(parts, request, trace))
      return { status: isNew ? 201 : 200, body: enrolment }
    },
  }
}

function certificateRoute(parts: OnboardingParts, onRecord: OnRecord): OpenRoute {
  return {
    open: true,
    method: 'POST',
    path: ONBOARDING_PATH.certificate,
    summary: 'Gives the certificate of a machine that was created with its public key.',
    body: CERTIFICATE_REQUEST,
    handle: async ({ body, ...trace }) => {
      const request = body as CertificateRequest
      const answer = () => fetchCertificate(parts, request, trace)
      return { body: await onRecord('fetch-certificate', trace, answer) }
    },
  }
}

function renewalRoute(parts: OnboardingParts, onRecord: OnRecord): OpenRoute {
  return {
    open: true,
    method: 'POST',
    path: ONBOARDING_PATH.renew,
    summary: 'Certifies a new key of a machine, also after the end of its certificate.',
    body: RENEWAL_REQUEST,
    handle: async ({ body, ...trace }) => {
      const request = body as RenewalRequest
      return { body: await onRecord('renew-machine-key', trace, () => renew(parts, request, trace)) }
    },
  }
}

function attestationRoute(parts: OnboardingParts, onRecord: OnRecord): OpenRoute {
  return {
    open: true,
    method: 'POST',
    path: ONBOARDING_PATH.attestation,
    summary: 'Certifies, for a day, a key that signs attested documents of a machine.',
    body: RENEWAL_REQUEST,
    handle: async ({ body, ...trace }) => {
      const request = body as AttestationRequest
      const answer = () => certifyAttestation(parts, request, trace)
      return { body: await onRecord('certify-attestation', trace, answer) }
    },
  }
}

function heartbeatRoute(parts: OnboardingParts, onRecord: OnRecord): OpenRoute {
  const takeHeartbeat = createHeartbeats(parts)
  return {
    open: true,
    method: 'POST',
    path: ONBOARDING_PATH.heartbeat,
    summary: 'Takes the heartbeat of a machine and tells it which identities it has.',
    body: HEARTBEAT_REQUEST,
    handle: async ({ body, ...trace }) => {
      const request = body as HeartbeatRequest
      return { body: await onRecord('heartbeat', trace, () => takeHeartbeat(request, trace)) }
    },
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
