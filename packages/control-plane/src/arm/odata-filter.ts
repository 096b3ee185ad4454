/**
 * The part of OData's `$filter` that clients send to the Resource Manager and to Graph: terms joined by "and".
 *
 * @see https://learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest
 * @see https://learn.microsoft.com/graph/filter-query-parameter
 * @module
 */

/** What a term may say of what it names. */
type FilterForm = 'equals' | 'below' | 'from' | 'call' | 'starts' | 'contains' | 'any'

/**
 * `name eq 'value'`, `name lt 'value'`, `name ge 'value'`, `name('value')` or `name()`, `startswith(name,'value')`, `substringof('value',name)` or
 * `name/any(x:x eq 'value')`. Names are in lower case.
 */
export interface FilterTerm {
  name: string
  form: FilterForm
  /** Empty for `name()`. */
  value: string
}

/** A quote within it is written twice. */
const VALUE = "'(?<value>(?:[^']|'')*)'"

/** A name, or that of a property of what is named. */
const PATH = '(?<name>[a-z]+(?:/[a-z]+)?)'

/** No two runs of spaces follow each other in one, so that a text of spaces is not tried in every division of them. */
const TERMS: readonly (readonly [FilterForm, RegExp])[] = [
  ['call', term(`(?<name>[a-z]+)\\s*\\(\\s*(?:${VALUE}\\s*)?\\)`)],
  ['equals', term(`${PATH}\\s+eq\\s+${VALUE}`)],
  ['below', term(`${PATH}\\s+lt\\s+${VALUE}`)],
  ['from', term(`${PATH}\\s+ge\\s+${VALUE}`)],
  ['starts', term(`startswith\\s*\\(\\s*(?<name>[a-z]+)\\s*,\\s*${VALUE}\\s*\\)`)],
  ['contains', term(`substringof\\s*\\(\\s*${VALUE}\\s*,\\s*(?<name>[a-z]+)\\s*\\)`)],
  ['any', term(`(?<name>[a-z]+)/any\\s*\\(\\s*(?<one>[a-z]+)\\s*:\\s*\\k<one>\\s+eq\\s+${VALUE}\\s*\\)`)],
]

const AND = /and\b/iy

/** The terms of `text`, none if it is blank; undefined if it is anything else. */
export function parseFilter(text: string): FilterTerm[] | undefined {
  if (text.trim() === '') return []
  const terms: FilterTerm[] = []
  for (let at = 0; ; ) {
    const found = termAt(text, at)
    if (!found) return undefined
    terms.push(found.term)
    if (found.end === text.length) return terms
    const and = matchAt(AND, text, found.end)
    if (!and) return undefined
    at = found.end + and[0].length
  }
}

function term(source: string): RegExp {
  return new RegExp(`\\s*${source}\\s*`, 'iy')
}

function termAt(text: string, at: number): { term: FilterTerm; end: number } | undefined {
  for (const [form, pattern] of TERMS) {
    const found = matchAt(pattern, text, at)
    if (!found) continue
    const { name = '', value = '' } = found.groups ?? {}
    const read = { name: name.toLowerCase(), form, value: value.replaceAll("''", "'") }
    return { term: read, end: at + found[0].length }
  }
  return undefined
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}
