/**
 * The part of OData's `$filter` that the lists of roles take: terms joined by "and".
 *
 * @see https://learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest
 * @module
 */

/** `name eq 'value'`, `name('value')` or `name()`; names are in lower case. */
export interface FilterTerm {
  name: string
  form: 'equals' | 'call'
  /** Empty for `name()`. */
  value: string
}

/** No two runs of spaces follow each other in it, so that a text of spaces is not tried in every division of them. */
const TERM = /\s*([a-z]+)(?:\s*\(\s*(?:'((?:[^']|'')*)'\s*)?\)|\s+eq\s+'((?:[^']|'')*)')\s*/iy
const AND = /and\b/iy

/** The terms of `text`, none if it is blank; undefined if it is anything else. */
export function parseFilter(text: string): FilterTerm[] | undefined {
  if (text.trim() === '') return []
  const terms: FilterTerm[] = []
  for (let at = 0; ; ) {
    const found = matchAt(TERM, text, at)
    if (!found) return undefined
    terms.push(termOf(found))
    at += found[0].length
    if (at === text.length) return terms
    const and = matchAt(AND, text, at)
    if (!and) return undefined
    at += and[0].length
  }
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

/** A quote within a value is written twice. */
function termOf([, name = '', argument, equal]: RegExpExecArray): FilterTerm {
  const value = (equal ?? argument ?? '').replaceAll("''", "'")
  return { name: name.toLowerCase(), form: equal === undefined ? 'call' : 'equals', value }
}
