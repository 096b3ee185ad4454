/**
 * The route that shows the certificates by which clients know the control plane: that of its server, and those of its CA. They are
 * public; the route says which of them count at the moment.
 *
 * @module
 */

import { X509Certificate } from 'node:crypto'
import { type ArmRoute, armRoute } from '../arm/arm-route.ts'
import { thumbprintsOf } from '../certificates/thumbprint.ts'

/** Where the certificates are, as they are now. */
export interface PresentCertificates {
  /** What the server of this replica shows. */
  server(): X509Certificate
  /** Those of every CA to be trusted (PEM), the one that signs first. */
  authorities(): readonly string[]
}

const TEXT = { type: 'string' } as const
const TIME = { ...TEXT, format: 'date-time' } as const

const CERTIFICATE = {
  type: 'object',
  required: ['use', 'subject', 'issuer', 'fingerprint', 'x5t#S256', 'beginsAt', 'expiresAt'],
  properties: {
    use: { ...TEXT, enum: ['server', 'authority'] },
    signs: { type: 'boolean' },
    subject: TEXT,
    issuer: TEXT,
    names: TEXT,
    fingerprint: TEXT,
    'x5t#S256': TEXT,
    beginsAt: TIME,
    expiresAt: TIME,
  },
} as const

/** The route. */
export function certificatesRoute({ server, authorities }: PresentCertificates): ArmRoute {
  return armRoute({
    method: 'GET',
    path: '/landfast/v1/certificates',
    summary:
      'Lists the certificate that the server shows, and those of the CA; while another CA takes its place, of both.',
    action: 'Landfast.Operation/certificates/read',
    answers: {
      200: {
        description: 'The certificates.',
        type: 'object',
        properties: { value: { type: 'array', items: CERTIFICATE } },
      },
    },
    handle: async () => {
      const shown = server()
      const trusted = authorities().map((pem, index) => ({
        use: 'authority',
        signs: index === 0,
        ...factsOf(new X509Certificate(pem)),
      }))
      return {
        body: { value: [{ use: 'server', names: shown.subjectAltName, ...factsOf(shown) }, ...trusted] },
      }
    },
  })
}

function factsOf(certificate: X509Certificate): object {
  const { subject, issuer, fingerprint256: fingerprint, validFromDate, validToDate } = certificate
  return {
    subject: oneLine(subject),
    issuer: oneLine(issuer),
    // As browsers and openssl show it, and as join tokens and the lists of machines have it.
    fingerprint,
    'x5t#S256': thumbprintsOf(certificate).sha256,
    beginsAt: validFromDate.toISOString(),
    expiresAt: validToDate.toISOString(),
  }
}

/** Node writes each part on a line of its own. A certificate of an operator may have no subject. */
function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').join(', ')
}
