import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { digestOf, formatWorkload, parseWorkload, type Workload } from './workload.ts'
import {
  addWorkload,
  findWorkload,
  readWorkloads,
  removeWorkload,
  replaceWorkload,
  workloadFolder,
} from './workload-folder.ts'

const SHOP: Workload = {
  name: 'shop',
  identities: ['system'],
  audiences: ['https://vault.azure.net'],
  from: ['10.88.0.0/16'],
  secrets: [{ sha256: digestOf('a-secret') }],
  file: '/etc/landfast/shop.env',
  endpoint: 'http://10.88.0.1:40343/msi/token',
  added: '2026-11-28T12:00:00.000Z',
}

const folder = () => workloadFolder(temporaryFolder())

test('a workload is kept as it was added, and nobody but its owner can read it', async () => {
  const path = folder()
  expect(await addWorkload(path, SHOP)).toBe(true)
  expect(findWorkload(path, 'shop')).toEqual(SHOP)
  expect(readWorkloads(path)).toEqual({ workloads: [SHOP], broken: [] })
  expect(readdirSync(path)).toEqual(['shop.json'])
  expect([path, join(path, 'shop.json')].map((one) => statSync(one).mode & 0o777)).toEqual([0o700, 0o600])
})

test('of two workloads that are added under one name at once, one is', async () => {
  const path = folder()
  const other = { ...SHOP, audiences: [] }
  const added = await Promise.all([addWorkload(path, SHOP), addWorkload(path, other)])
  expect(added.toSorted()).toEqual([false, true])
  expect(findWorkload(path, 'shop')).toEqual(added[0] ? SHOP : other)
  expect(readdirSync(path)).toEqual(['shop.json'])
})

test('a workload is replaced, and removed once', async () => {
  const path = folder()
  await addWorkload(path, SHOP)
  await replaceWorkload(path, { ...SHOP, audiences: [] })
  expect(findWorkload(path, 'shop')?.audiences).toEqual([])
  expect(await removeWorkload(path, 'shop')).toBe(true)
  expect(await removeWorkload(path, 'shop')).toBe(false)
  expect(readWorkloads(path).workloads).toEqual([])
})

test('without a folder there is no workload', () => {
  const path = folder()
  expect(readWorkloads(path)).toEqual({ workloads: [], broken: [] })
  expect(findWorkload(path, 'shop')).toBeUndefined()
})

test.each(['../shop', 'Shop', 'any', 'none', '', 'a/b', '.shop', 'shop.', 'x'.repeat(64)])(
  'no workload is looked for or removed under the name "%s"',
  async (name) => {
    const path = folder()
    await addWorkload(path, SHOP)
    writeFileSync(join(path, '..', 'shop.json'), formatWorkload(SHOP))
    expect(findWorkload(path, name)).toBeUndefined()
    expect(await removeWorkload(path, name)).toBe(false)
  },
)

test('a file that is no good is named with its reason, and the others count', async () => {
  const path = folder()
  await addWorkload(path, SHOP)
  writeFileSync(join(path, 'broken.json'), '{"name": "broken"')
  writeFileSync(join(path, 'note.txt'), 'not a workload')
  expect(readWorkloads(path)).toEqual({
    workloads: [SHOP],
    broken: [{ file: join(path, 'broken.json'), reason: 'it is not JSON' }],
  })
})

test.each([
  ['another name', { name: 'bank' }],
  ['an audience that no rule could have', { audiences: ['https://a*b'] }],
  ['an identity that no rule could have', { identities: ['a b'] }],
  ['a network that is none', { from: ['10.0.0.0/99'] }],
  ['a secret that is no digest', { secrets: [{ sha256: 'the-secret-itself' }] }],
  ['an end that is no time', { secrets: [{ sha256: digestOf('x'), until: 'soon' }] }],
  ['no secrets', { secrets: undefined }],
])('a file with %s is no good', (_what, changes) => {
  expect(() => parseWorkload(JSON.stringify({ ...SHOP, ...changes }), 'shop')).toThrow(TypeError)
})

test.each(['null', '[]', '7', '"shop"', '{}', '{"secrets":[null]}'])('%s is no workload', (text) => {
  expect(() => parseWorkload(text, 'shop')).toThrow(TypeError)
})

test('a folder that cannot be read is told, not taken for an empty one', () => {
  const path = folder()
  mkdirSync(path, { recursive: true })
  chmodSync(path, 0o700)
  writeFileSync(join(path, 'shop.json'), '')
  expect(readWorkloads(path).broken).toHaveLength(1)
  expect(() => readWorkloads(join(path, 'shop.json'))).toThrow(expect.objectContaining({ code: 'ENOTDIR' }))
})
