/**
 * Which of two versions of an agent is the older one.
 *
 * @see https://semver.org/#spec-item-11
 * @module
 */

/** Below zero if `one` comes before `other`, above if after; parts of numbers are compared as numbers. */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [partsOf(one), partsOf(other)]
  return compareParts(a.core, b.core) || comparePreviews(a.preview, b.preview)
}

/** Whether `text` is a version at all. */
export function isVersion(text: string): boolean {
  return /^\d+(\.\d+){0,5}([-+][\w.+-]+)?$/.test(text) && text.length <= VERSION_MAX_CHARACTERS
}

const VERSION_MAX_CHARACTERS = 64

function partsOf(version: string): { core: string[]; preview: string[] } {
  const [, core = '', preview = ''] = /^([^-+]*)(?:-([^+]*))?/.exec(version) ?? []
  return { core: core.split('.'), preview: preview === '' ? [] : preview.split('.') }
}

/** A version with a preview comes before the same one without. */
function comparePreviews(one: readonly string[], other: readonly string[]): number {
  if (one.length === 0 || other.length === 0) return other.length - one.length
  return compareParts(one, other)
}

function compareParts(one: readonly string[], other: readonly string[]): number {
  const length = Math.max(one.length, other.length)
  for (let index = 0; index < length; index += 1) {
    const order = comparePart(one[index] ?? '0', other[index] ?? '0')
    if (order !== 0) return order
  }
  return 0
}

function comparePart(one: string, other: string): number {
  const isNumber = (text: string) => /^\d+$/.test(text)
  if (isNumber(one) && isNumber(other)) return Number(one) - Number(other)
  if (isNumber(one) !== isNumber(other)) return isNumber(one) ? -1 : 1
  return one === other ? 0 : one < other ? -1 : 1
}
