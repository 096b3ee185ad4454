/**
 * Completion in zsh.
 *
 * @see https://zsh.sourceforge.io/Doc/Release/Completion-System.html
 * @module
 */

import type { CommandEntry } from './command-tree.ts'
import { branch, choiceBranches, commandPlaces, quoted, valuePlaces } from './completion-cases.ts'

const NEXT_PLACE = 'place="$' + '{place:+$place }$words[i]"'

/** The script, for a folder of `fpath` and for `source` after compinit. */
export function zshCompletion(tree: readonly CommandEntry[]): string {
  return `#compdef landfast
_landfast() {
  local place= prev= i
  local -a found=()
  for ((i = 2; i < CURRENT; i++)); do
    [[ $words[i] == -- ]] && { _files; return }
    prev=
    case "$place $words[i]" in
${branch(commandPlaces(tree), NEXT_PLACE)}${branch(valuePlaces(tree), 'prev=$words[i]; ((i++))')}    esac
  done
  ((i == CURRENT)) && prev=
  if [[ $words[CURRENT] == --*=* ]]; then
    prev=\${words[CURRENT]%%=*}
    compset -P '*='
  fi
  if [[ -n $prev ]]; then
    case "$place $prev" in
${choiceBranches(tree, (words) => `compadd -- ${words.map(quoted).join(' ')}`)}${branch(
  valuePlaces(tree, ({ kind }) => kind === 'file'),
  '_files',
)}${branch(
  valuePlaces(tree, ({ kind }) => kind === 'dir'),
  '_files -/',
)}    esac
    return
  fi
  case "$place" in
${tree.map((entry) => branch([entry.path], `found=(${pairsAt(entry).map(quoted).join(' ')})`)).join('')}  esac
  _describe 'landfast' found
}
if [[ $funcstack[1] == _landfast ]]; then _landfast "$@"; else compdef _landfast landfast; fi
`
}

/** A word and what it is, as _describe has them. */
function pairsAt({ commands, flags, operandChoices }: CommandEntry): string[] {
  const pairs: (readonly [string, string])[] = [
    ...commands.map(({ name, description }) => [name, description] as const),
    ...operandChoices.map((word) => [word, ''] as const),
    ...flags.map(({ long, description }) => [long, description] as const),
  ]
  return pairs.map(
    ([word, description]) => `${word.replaceAll(':', '\\:')}:${description.replaceAll(':', '\\:')}`,
  )
}
