/**
 * Tags of a resource: names and values that an administrator chooses.
 *
 * @see https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources#limitations
 * @module
 */

/** The limits of Azure. */
const TAGS_MAX = 50
const NAME_MAX_CHARACTERS = 512
const VALUE_MAX_CHARACTERS = 256

/** Tags by their names. */
export type Tags = Readonly<Record<string, string>>

/** The schema of `tags` in a body. */
export const TAGS_SCHEMA = {
  type: ['object', 'null'],
  maxProperties: TAGS_MAX,
  propertyNames: { minLength: 1, maxLength: NAME_MAX_CHARACTERS, pattern: '^[^<>%&\\\\?/]*$' },
  additionalProperties: { type: 'string', maxLength: VALUE_MAX_CHARACTERS },
} as const
