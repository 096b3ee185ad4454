/**
 * Completion in bash.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html
 * @module
 */

import type { CommandEntry } from './command-tree.ts'
import { branch, choiceBranches, commandPlaces, quoted, valuePlaces } from './completion-cases.ts'

const NEXT_PLACE = 'place="$' + '{place:+$place }$' + '{COMP_WORDS[i]}"'

/** The flag, the "=" behind it if there is one, and the value. */
const SKIP_VALUE =
  'prev=$' +
  '{COMP_WORDS[i]}; [[ $' +
  '{COMP_WORDS[i+1]} == = ]] && ((i + 1 < COMP_CWORD)) && ((i++)); ((i++))'

/** The script, for `eval` and for the folder of bash-completion. */
export function bashCompletion(tree: readonly CommandEntry[]): string {
  return `# bash completion of landfast
_landfast() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev= place= words= i
  COMPREPLY=()
  # Words are broken at "=", so that --as=arc is three of them.
  [[ $cur == = ]] && cur=
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ \${COMP_WORDS[i]} == -- ]] && { compopt -o default 2>/dev/null; return; }
    prev=
    case "$place \${COMP_WORDS[i]}" in
${branch(commandPlaces(tree), NEXT_PLACE)}${branch(valuePlaces(tree), SKIP_VALUE)}    esac
  done
  # The word itself is the value of the flag before it.
  ((i == COMP_CWORD)) && prev=
  if [[ -n $prev ]]; then
    case "$place $prev" in
${choiceBranches(tree, (words) => `words=${quoted(words.join(' '))}`)}${branch(
  valuePlaces(tree, ({ kind }) => kind === 'file'),
  '_landfast_paths -f; return',
)}${branch(
  valuePlaces(tree, ({ kind }) => kind === 'dir'),
  '_landfast_paths -d; return',
)}    esac
  else
    case "$place" in
${tree.map((entry) => branch([entry.path], `words=${quoted(wordsAt(entry).join(' '))}`)).join('')}    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
_landfast_paths() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$cur")
}
complete -F _landfast landfast
`
}

function wordsAt({ commands, flags, operandChoices }: CommandEntry): string[] {
  return [...commands.map(({ name }) => name), ...operandChoices, ...flags.map(({ long }) => long)]
}
