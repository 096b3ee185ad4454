/**
 * Schemas of answers, for the OpenAPI document.
 *
 * @module
 */

/** Some JSON object. */
export const ANY_OBJECT = {
  description: 'A JSON object.',
  type: 'object',
  additionalProperties: true,
} as const

/** A refusal in the form of the Resource Manager. */
export const ARM_REFUSAL = {
  description: 'Refused; the code says why.',
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: {
        code: { type: 'string' },
        message: { type: 'string' },
        target: { type: 'string' },
        details: { type: 'array', items: { type: 'object', additionalProperties: true } },
      },
    },
  },
} as const

/** A refusal in the form of Entra's token endpoint. */
export const AUTHORITY_REFUSAL = {
  description: 'Refused; the number after "AADSTS" says why.',
  type: 'object',
  required: ['error', 'error_description', 'error_codes', 'timestamp', 'trace_id', 'correlation_id'],
  properties: {
    error: { type: 'string' },
    error_description: { type: 'string' },
    error_codes: { type: 'array', items: { type: 'integer' } },
    timestamp: { type: 'string' },
    trace_id: { type: 'string' },
    correlation_id: { type: 'string' },
  },
} as const

/** A token, as the v1 endpoint writes it: every number is a string. */
export const V1_TOKEN = {
  description: 'The token.',
  type: 'object',
  required: ['token_type', 'expires_in', 'expires_on', 'not_before', 'resource', 'access_token'],
  properties: Object.fromEntries(
    [
      'token_type',
      'expires_in',
      'ext_expires_in',
      'expires_on',
      'not_before',
      'resource',
      'access_token',
    ].map((name) => [name, { type: 'string' }]),
  ),
} as const

/** A token, as the v2 endpoint writes it. */
export const V2_TOKEN = {
  description: 'The token.',
  type: 'object',
  required: ['token_type', 'expires_in', 'access_token'],
  properties: {
    token_type: { type: 'string' },
    expires_in: { type: 'integer' },
    ext_expires_in: { type: 'integer' },
    access_token: { type: 'string' },
  },
} as const
