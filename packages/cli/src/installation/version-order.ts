/**
 * Which of two versions is the newer one, by Semantic Versioning.
 *
 * @see https://semver.org/#spec-item-11
 * @module
 */

/** Whether `version` is newer than `other`; what is no version is older than all. */
export function isNewer(version: string, other: string): boolean {
  const [own, theirs] = [partsOf(version), partsOf(other)]
  for (const [index, part] of own.numbers.entries()) {
    const difference = part - (theirs.numbers[index] ?? 0)
    if (difference !== 0) return difference > 0
  }
  if (own.pre === '' || theirs.pre === '') return own.pre === '' && theirs.pre !== ''
  return own.pre.localeCompare(theirs.pre, 'en', { numeric: true }) > 0
}

/** What is before a release comes after a hyphen. */
function partsOf(version: string): { numbers: number[]; pre: string } {
  const [, core = '', pre = ''] = /^v?(\d+(?:\.\d+)*)(?:-([^+]+))?/.exec(version) ?? []
  return { numbers: core.split('.').map(Number), pre }
}
