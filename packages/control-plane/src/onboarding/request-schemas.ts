/**
 * JSON schemas of what machines send: they refuse wrong types and sizes before anything is looked at.
 *
 * @module
 */

import { HOST_NAME_MAX_CHARACTERS } from '@landfast/protocol'

/** Azure's own limits of tags. */
const TAGS_MAX = 50
const TAG_NAME_MAX_CHARACTERS = 512
const TAG_VALUE_MAX_CHARACTERS = 256

/** A public key in PEM; one of RSA with 4096 bits has some 800 characters. */
const PUBLIC_KEY = { type: 'string', maxLength: 2048 } as const

/** A compact JWT. */
const JWT = { type: 'string', maxLength: 4096 } as const

/** Tags of a resource. */
export const TAGS = {
  type: 'object',
  maxProperties: TAGS_MAX,
  propertyNames: { minLength: 1, maxLength: TAG_NAME_MAX_CHARACTERS },
  additionalProperties: { type: 'string', maxLength: TAG_VALUE_MAX_CHARACTERS },
} as const

/** The body of an enrolment. */
export const ENROLMENT_REQUEST = objectOf(['joinTokenSecret', 'name', 'publicKey', 'proof', 'vmId'], {
  joinTokenSecret: { type: 'string', maxLength: 128 },
  name: { type: 'string' },
  location: { type: 'string' },
  publicKey: PUBLIC_KEY,
  proof: JWT,
  vmId: {
    type: 'string',
    pattern: '^[\\da-fA-F]{8}-[\\da-fA-F]{4}-[\\da-fA-F]{4}-[\\da-fA-F]{4}-[\\da-fA-F]{12}$',
  },
  tags: TAGS,
  properties: { type: 'object' },
})

/** The body of a request for the first certificate. */
export const CERTIFICATE_REQUEST = objectOf(['resourceId', 'proof'], {
  resourceId: { type: 'string', maxLength: 1024 },
  proof: JWT,
})

/** The body of a renewal. */
export const RENEWAL_REQUEST = objectOf(['assertion', 'publicKey', 'proof'], {
  assertion: JWT,
  publicKey: PUBLIC_KEY,
  proof: JWT,
})

/** The body of a heartbeat. The host's name is shown to people, so it holds no control characters. */
export const HEARTBEAT_REQUEST = objectOf(['assertion', 'nonce', 'hostName'], {
  assertion: JWT,
  nonce: { type: 'string', maxLength: 128 },
  hostName: {
    type: 'string',
    minLength: 1,
    maxLength: HOST_NAME_MAX_CHARACTERS,
    pattern: '^[^\\u0000-\\u001f"\\u007f-\\u009f\\u2028\\u2029]+$',
  },
  properties: { type: 'object' },
})

/** Agents of a later version may send more than is known here. */
function objectOf(required: readonly string[], properties: Readonly<Record<string, object>>) {
  return { type: 'object', required, properties } as const
}
