import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { SEALED_TABLES } from './sealed-columns.ts'

test('every column that the schema calls sealed comes under another key with the others', () => {
  const source = readFileSync(new URL('./schema.ts', import.meta.url), 'utf8')
  const tables = source
    .split(/^interface /m)
    .filter((text) => text.includes('Sealed under the encryption key'))
  const names = tables.map((text) =>
    text
      .slice(0, text.indexOf('Table '))
      .replaceAll(/\B[A-Z]/g, (letter) => `_${letter}`)
      .toLowerCase(),
  )
  expect(names.sort()).toEqual([...SEALED_TABLES].sort())
  for (const text of tables)
    expect(text).toMatch(/Sealed under the encryption key\. \*\/\n {2}private_key: string/)
})
