import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { group, network, WELL } from '../../../../test/connect/well-host.ts'
import { runChecks } from './checks.ts'
import { CHECK_EXIT_CODES, exitCodeOf } from './finding.ts'

test('where all is well, every check says so without a cure', () => {
  const findings = runChecks(WELL)
  expect(findings.map(({ code }) => code)).toEqual(Object.keys(CHECK_EXIT_CODES))
  expect(findings.filter(({ status, cure }) => status !== 'ok' || cure !== undefined)).toEqual([])
  expect(exitCodeOf(findings)).toBe(0)
})

test('the exit code is that of the first failure, the network before the host', () => {
  const seen = { ...network({ addresses: { value: { error: 'ENOTFOUND' } } }), host: group(undefined).host }
  expect(exitCodeOf(runChecks(seen))).toBe(26)
  expect(exitCodeOf(runChecks(group(undefined)))).toBe(69)
})

test('docs/check.md has every check with its exit code, in their order', () => {
  const page = readFileSync(new URL('../../../../docs/check.md', import.meta.url), 'utf8')
  const rows = Array.from(page.matchAll(/^\| `([a-z-]+)` \| (\d+) \|/gm), ([, code, exit]) => [
    code,
    Number(exit),
  ])
  expect(rows).toEqual(Object.entries(CHECK_EXIT_CODES))
})
