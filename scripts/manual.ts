/**
 * Writes the manual pages and the completion scripts of `landfast` from the declarations of its commands.
 *
 * @module
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createProgram } from '../packages/cli/src/program.ts'
import { commandTree } from '../packages/cli/src/usage/command-tree.ts'
import { completionFor, type Shell } from '../packages/cli/src/usage/completion.ts'
import { manualPages } from '../packages/cli/src/usage/manual.ts'
import { readVersion } from '../packages/cli/src/version.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Where each shell looks for the script, by the name that it looks for. */
const COMPLETION_FILES: Readonly<Record<Shell, string>> = {
  bash: 'completion/bash/landfast',
  zsh: 'completion/zsh/_landfast',
  fish: 'completion/fish/landfast.fish',
}

/** A row of the table of exit codes. */
const EXIT_CODE = /^\| (\d+) \| `\w+` \| (.+) \|$/gm

/**
 * Writes `man1/*.1` and `completion/` into `folder`.
 *
 * @param date the day of the version, `2026-01-31`.
 * @returns the files, by their paths in `folder`.
 */
export function writeManual(folder: string, date: string): string[] {
  const tree = commandTree(createProgram(() => {}))
  const facts = { version: readVersion(), date, exitCodes: readExitCodes() }
  const files = new Map<string, string>()
  for (const [name, page] of manualPages(tree, facts)) files.set(`man1/${name}`, page)
  for (const [shell, file] of Object.entries(COMPLETION_FILES))
    files.set(file, completionFor(shell as Shell, tree))
  for (const [file, text] of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  return [...files.keys()]
}

/** What each exit code means, as docs/command-line.md has it; a code with several meanings has all. */
function readExitCodes(): [number, string][] {
  const page = readFileSync(join(ROOT, 'docs/command-line.md'), 'utf8')
  const meanings = new Map<number, string[]>()
  for (const [, code = '', meaning = ''] of page.matchAll(EXIT_CODE)) {
    const plain = meaning.replaceAll('`', '"').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    meanings.set(Number(code), [...(meanings.get(Number(code)) ?? []), plain])
  }
  return [...meanings].map(([code, texts]) => [code, texts.join('; or ')])
}

if (import.meta.main) {
  const seconds = Number(process.env.SOURCE_DATE_EPOCH ?? Math.floor(Date.now() / 1000))
  writeManual(join(ROOT, 'dist/manual'), new Date(seconds * 1000).toISOString().slice(0, 10))
}
