/**
 * Lines of ours in a file that has other lines as well: pure changes of its text.
 *
 * @module
 */

/** `text` with `lines` at its end, in the place of `former` ones if those are there. */
export function withLines(text: string, lines: string, former: string | undefined): string {
  if (former !== undefined && hasLines(text, former)) return text.replace(former, () => lines)
  return text === '' || text.endsWith('\n') ? text + lines : `${text}\n${lines}`
}

/** `text` without `lines`, which are in it. */
export function withoutLines(text: string, lines: string): string {
  return text.replace(lines, '')
}

/** Whether `lines` are there as a whole and unchanged. */
export function hasLines(text: string, lines: string): boolean {
  return text.startsWith(lines) || text.includes(`\n${lines}`)
}

/** Whether anything is left of `lines`. */
export function hasSomeOf(text: string, lines: string): boolean {
  const present = new Set(text.split('\n'))
  return lines.split('\n').some((line) => line !== '' && present.has(line))
}

/** The variables that `text` sets, as PAM reads it. */
export function assignedNames(text: string): string[] {
  return Array.from(text.matchAll(/^[ \t]*(?:export\s+)?([A-Za-z_]\w*)=/gm), ([, name = '']) => name)
}
