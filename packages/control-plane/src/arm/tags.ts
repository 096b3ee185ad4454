/**
 * Tags of a resource: names and values that an administrator chooses.
 *
 * @see https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources#limitations
 * @module
 */

import { ArmError } from './arm-error.ts'

/** The limits of Azure. */
const TAGS_MAX = 50
const NAME_MAX_CHARACTERS = 512
const VALUE_MAX_CHARACTERS = 256

/** Tags by their names. */
export type Tags = Readonly<Record<string, string>>

/** By what names of tags are the same: in any case, and of any alphabet, as Azure has it. */
export function tagKey(name: string): string {
  return name.toLowerCase()
}

/** The schema of `tags` in a body. */
export const TAGS_SCHEMA = {
  type: ['object', 'null'],
  maxProperties: TAGS_MAX,
  propertyNames: { minLength: 1, maxLength: NAME_MAX_CHARACTERS, pattern: '^[^<>%&\\\\?/]*$' },
  additionalProperties: { type: 'string', maxLength: VALUE_MAX_CHARACTERS },
} as const

/** Checks tags that were put together. @throws {ArmError} `InvalidRequestContent` if they are more than there may be. */
export function checkTags(tags: Tags): void {
  if (Object.keys(tags).length <= TAGS_MAX) return
  throw new ArmError('InvalidRequestContent', { detail: `there can be ${TAGS_MAX} tags at most` })
}
