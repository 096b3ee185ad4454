/**
 * `landfast trust` without a target: those there are, one line each.
 *
 * @module
 */

import { CliError } from '../cli-error.ts'
import { printNote, printResult } from '../terminal.ts'
import { TARGET_NAMES } from './target-names.ts'
import { TARGETS, type Target } from './targets.ts'
import type { TrustTargetFlags } from './trust.ts'

/** Prints the list. @throws {CliError} `argument_missing` if another flag says that a target was meant. */
export function listTargets({ json, ...meant }: TrustTargetFlags): number {
  if (Object.keys(meant).length > 0) {
    const hints = [`name one of ${TARGET_NAMES.join(', ')}`]
    throw new CliError('argument_missing', { detail: 'the target is missing', hints })
  }
  const targets = TARGET_NAMES.map((target) => ({ target, ...summaryOf(TARGETS[target]) }))
  if (json) printResult(JSON.stringify(targets))
  else print(targets)
  return 0
}

function summaryOf({ title, audience, asksFrom, takesUploadedKeys }: Target) {
  return { title, audience, asksFrom, takesUploadedKeys }
}

type Summary = ReturnType<typeof summaryOf> & { target: string }

function print(targets: readonly Summary[]): void {
  const width = (texts: readonly string[]) => Math.max(...texts.map(({ length }) => length))
  const names = width(targets.map(({ target }) => target))
  const titles = width(targets.map(({ title }) => title))
  for (const one of targets) {
    printResult(`${one.target.padEnd(names)}  ${one.title.padEnd(titles)}  ${howAsked(one)}`)
  }
  printNote('for example: landfast trust aws --issuer https://id.example.com/')
}

function howAsked({ asksFrom, takesUploadedKeys }: Summary): string {
  const place = asksFrom === 'internet' ? 'the internet' : 'its own network'
  return `fetches the keys from ${place}${takesUploadedKeys ? ', or takes them from you' : ''}`
}
