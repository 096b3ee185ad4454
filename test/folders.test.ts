/** Every folder of a product is made in one way, since Node's recursive mkdir may never end. */

import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../packages', import.meta.url))

/** A folder below one that was made just now cannot be one of the kernel's. */
const FRESH = ['cli/src/run/covered-folder.ts', 'control-plane/src/testing/postgres.ts']

test('no file makes folders by itself', () => {
  const files = globSync('*/src/**/*.ts', { cwd: ROOT, exclude: ['**/*.test.ts'] })
  const making = files.filter((file) =>
    /mkdir(Sync)?\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*recursive: true/.test(
      readFileSync(`${ROOT}/${file}`, 'utf8'),
    ),
  )
  expect(making.toSorted()).toEqual(FRESH)
})
