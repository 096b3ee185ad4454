import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { PackageError } from './package-error.ts'
import { readRelease } from './release.ts'

/** A checkout that is no clone. */
function checkout(): string {
  const root = mkdtempSync(join(tmpdir(), 'landfast-release-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  mkdirSync(join(root, 'packages/cli'), { recursive: true })
  writeFileSync(join(root, 'packages/cli/package.json'), '{"version":"1.2.3"}')
  return root
}

test('the moment of a version is SOURCE_DATE_EPOCH where that is set', () => {
  expect(readRelease(checkout(), { SOURCE_DATE_EPOCH: '1790000000' })).toMatchObject({
    version: '1.2.3',
    epochSeconds: 1_790_000_000,
  })
})

for (const SOURCE_DATE_EPOCH of [undefined, '', 'yesterday', '-5', '1.5']) {
  test(`without a clone, SOURCE_DATE_EPOCH ${JSON.stringify(SOURCE_DATE_EPOCH)} is refused`, () => {
    expect(() => readRelease(checkout(), { SOURCE_DATE_EPOCH })).toThrow(PackageError)
  })
}

test('the repository is the one in whose workflow it is made', () => {
  const env = {
    GITHUB_SERVER_URL: 'https://git.example',
    GITHUB_REPOSITORY: 'land/fast',
    SOURCE_DATE_EPOCH: '1',
  }
  expect(readRelease(checkout(), env).repository).toBe('https://git.example/land/fast')
  expect(readRelease(checkout(), { SOURCE_DATE_EPOCH: '1' }).repository).toBeUndefined()
})
