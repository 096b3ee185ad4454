/**
 * What every completion script asks: which command the words lead to, which flag a value is of, and what may come next. Texts
 * are for the `case` of a POSIX shell, which bash and zsh have alike.
 *
 * @module
 */

import type { CommandEntry, FlagEntry } from './command-tree.ts'

/** A word for a shell, in quotes that nothing in it can end. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** Each flag by the place that it is typed at: the path of the command, a space, the flag. */
function flagPlaces({ path }: CommandEntry, { short, long }: FlagEntry): string[] {
  return [long, ...(short ? [short] : [])].map((flag) => `${path} ${flag}`)
}

/** Patterns of all words that lead from one command to one below it. */
export function commandPlaces(tree: readonly CommandEntry[]): string[] {
  return tree.flatMap(({ path, commands }) => commands.map(({ name }) => `${path} ${name}`))
}

/** Patterns of all flags with a value, of those that `wanted` picks. */
export function valuePlaces(
  tree: readonly CommandEntry[],
  wanted: (flag: FlagEntry) => boolean = () => true,
): string[] {
  return tree.flatMap((entry) =>
    entry.flags
      .filter((flag) => flag.kind !== 'none' && wanted(flag))
      .flatMap((flag) => flagPlaces(entry, flag)),
  )
}

/** A branch of a `case`; nothing where it has no pattern. */
export function branch(patterns: readonly string[], action: string): string {
  return patterns.length === 0 ? '' : `      ${patterns.map(quoted).join(' | ')}) ${action} ;;\n`
}

/** The branches for flags that take one of a few words. */
export function choiceBranches(
  tree: readonly CommandEntry[],
  action: (words: readonly string[]) => string,
): string {
  const flags = tree.flatMap((entry) =>
    entry.flags.filter(({ kind }) => kind === 'choices').map((flag) => ({ entry, flag })),
  )
  return flags.map(({ entry, flag }) => branch(flagPlaces(entry, flag), action(flag.choices))).join('')
}
