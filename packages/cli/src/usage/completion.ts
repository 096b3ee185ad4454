/**
 * The scripts by which shells complete `landfast`: one a shell, made from the commands' own declarations.
 *
 * @module
 */

import type { CommandEntry } from './command-tree.ts'
import { bashCompletion } from './completion-bash.ts'
import { fishCompletion } from './completion-fish.ts'
import { zshCompletion } from './completion-zsh.ts'

/** Shells that can be completed in. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const

/** One of them. */
export type Shell = (typeof SHELLS)[number]

const WRITERS: Readonly<Record<Shell, (tree: readonly CommandEntry[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
}

/** The script of `shell`. */
export function completionFor(shell: Shell, tree: readonly CommandEntry[]): string {
  return WRITERS[shell](tree)
}
