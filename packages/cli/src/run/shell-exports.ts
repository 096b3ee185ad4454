/**
 * Variables as lines that a POSIX shell can read, and back.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02_02
 * @module
 */

const LINE = /^export ([A-Za-z_][A-Za-z0-9_]*)=('(?:[^']|'\\'')*')$/gm

/** Any `text` as one word of a POSIX shell. */
export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** One `export` line for each variable. */
export function formatExports(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}=${quoteForShell(value)}\n`)
    .join('')
}

/** The variables in a text that `formatExports` wrote; other lines are passed over. */
export function parseExports(text: string): Record<string, string> {
  const found = [...text.matchAll(LINE)].map(([, name = '', quoted = '']) => [
    name,
    quoted.slice(1, -1).replaceAll("'\\''", "'"),
  ])
  return Object.fromEntries(found)
}
