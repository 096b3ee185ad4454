/**
 * The names of those who can trust our issuer, for the command line.
 *
 * @module
 */

/** Every name. */
export const TARGET_NAMES = [
  'aws',
  'google',
  'entra',
  'kubernetes',
  'vault',
  'openai',
  'anthropic',
  'keycloak',
] as const

/** One of them. */
export type TargetName = (typeof TARGET_NAMES)[number]
