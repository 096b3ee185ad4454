/**
 * Completion in fish.
 *
 * @see https://fishshell.com/docs/current/completions.html
 * @module
 */

import type { CommandEntry, FlagEntry } from './command-tree.ts'
import { commandPlaces, valuePlaces } from './completion-cases.ts'

/** The script, for a folder of completions and for `source`. */
export function fishCompletion(tree: readonly CommandEntry[]): string {
  return `# fish completion of landfast
function __landfast_place
    set -l words (commandline -opc)
    set -l place ''
    set -l skip no
    for word in $words[2..-1]
        if test $skip = yes
            set skip no
            continue
        end
        switch "$place $word"
            case ${commandPlaces(tree).map(quoted).join(' ')}
                set place (string trim "$place $word")
            case ${valuePlaces(tree).map(quoted).join(' ')}
                set skip yes
        end
    end
    echo $place
end
function __landfast_at
    test (__landfast_place) = "$argv[1]"
end
complete -c landfast -f
${tree.flatMap(linesOf).join('\n')}
`
}

function linesOf(entry: CommandEntry): string[] {
  const at = `complete -c landfast -n ${quoted(`__landfast_at ${quoted(entry.path)}`)}`
  return [
    ...entry.commands.map(({ name, description }) => `${at} -a ${quoted(name)} -d ${quoted(description)}`),
    ...entry.operandChoices.map((word) => `${at} -a ${quoted(word)}`),
    ...entry.flags.map((flag) => `${at} ${flagWords(flag)} -d ${quoted(flag.description)}`),
  ]
}

function flagWords({ short, long, kind, choices }: FlagEntry): string {
  const names = [`-l ${quoted(long.slice(2))}`, ...(short ? [`-s ${quoted(short.slice(1))}`] : [])].join(' ')
  if (kind === 'none') return names
  if (kind === 'file') return `${names} -r -F`
  if (kind === 'dir') return `${names} -x -a '(__fish_complete_directories)'`
  return kind === 'choices' ? `${names} -x -a ${quoted(choices.join(' '))}` : `${names} -x`
}

/** In single quotes fish knows two escapes. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
