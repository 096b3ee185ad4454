/**
 * JSON schemas of the machines' requests: they refuse wrong types and sizes first.
 *
 * @module
 */

import {
  HEALTH_CODE_MAX_CHARACTERS,
  HEALTH_CODE_PATTERN,
  HEALTH_PART_MAX_CHARACTERS,
  HEALTH_PART_PATTERN,
  HEALTH_PARTS_MAX,
  HEALTH_TIME_PATTERN,
  HOST_NAME_MAX_CHARACTERS,
} from '@landfast/protocol'

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

/** It is shown to people, so it holds no control characters. */
const HOST_NAME = {
  type: 'string',
  minLength: 1,
  maxLength: HOST_NAME_MAX_CHARACTERS,
  pattern: '^[^\\u0000-\\u001f"\\u007f-\\u009f\\u2028\\u2029]+$',
} as const

/** It is shown to people too, so it holds nothing but printable ASCII. */
const HEALTH = {
  type: 'array',
  maxItems: HEALTH_PARTS_MAX,
  items: objectOf(['part', 'ok', 'since'], {
    part: { type: 'string', maxLength: HEALTH_PART_MAX_CHARACTERS, pattern: HEALTH_PART_PATTERN },
    ok: { type: 'boolean' },
    code: { type: 'string', maxLength: HEALTH_CODE_MAX_CHARACTERS, pattern: HEALTH_CODE_PATTERN },
    since: { type: 'string', maxLength: 32, pattern: HEALTH_TIME_PATTERN },
  }),
} as const

const GUID = {
  type: 'string',
  pattern: '^[\\da-fA-F]{8}-[\\da-fA-F]{4}-[\\da-fA-F]{4}-[\\da-fA-F]{4}-[\\da-fA-F]{12}$',
} as const

const CERTIFICATION_FIELDS = {
  assertion: JWT,
  publicKey: PUBLIC_KEY,
  proof: JWT,
  hostName: HOST_NAME,
} as const

/** The body by which a machine has a key certified, that of a renewal or another. */
const CERTIFICATION = objectOf(['assertion', 'publicKey', 'proof'], CERTIFICATION_FIELDS)

/** The body of each route by which machines come and stay. */
export const MACHINE_REQUEST = {
  enrol: objectOf(['joinTokenSecret', 'name', 'publicKey', 'proof', 'vmId'], {
    joinTokenSecret: { type: 'string', maxLength: 128 },
    name: { type: 'string' },
    location: { type: 'string' },
    publicKey: PUBLIC_KEY,
    proof: JWT,
    vmId: GUID,
    tags: TAGS,
    properties: { type: 'object' },
    hostName: HOST_NAME,
  }),
  certificate: objectOf(['resourceId', 'proof'], {
    resourceId: { type: 'string', maxLength: 1024 },
    proof: JWT,
  }),
  renew: CERTIFICATION,
  attestation: CERTIFICATION,
  entra: objectOf(['assertion', 'publicKey', 'proof', 'applicationId'], {
    ...CERTIFICATION_FIELDS,
    applicationId: GUID,
  }),
  heartbeat: objectOf(['assertion', 'nonce', 'hostName'], {
    assertion: JWT,
    nonce: { type: 'string', maxLength: 128 },
    hostName: HOST_NAME,
    properties: { type: 'object' },
    health: HEALTH,
  }),
} as const

/** Agents of a later version may send more than is known here. */
function objectOf(required: readonly string[], properties: Readonly<Record<string, object>>) {
  return { type: 'object', required, properties } as const
}
