/**
 * The software bill of materials: each package of others in the bundle, and Node itself, with versions, licences and hashes.
 *
 * @see https://cyclonedx.org/docs/1.6/json/
 * @module
 */

import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Build } from './build.ts'
import type { BundledPackage } from './bundled-packages.ts'
import type { NodeProgram } from './node-programs.ts'

/** Hashes as the lock file names them, and as CycloneDX does. */
const ALGORITHMS: Record<string, string> = { sha512: 'SHA-512', sha1: 'SHA-1' }

/** Part of what is in every artifact. */
type Component = Record<string, unknown> & { 'bom-ref': string }

/** Writes the bill into `out`; its path. */
export function makeBillOfMaterials(build: Build, out: string): string {
  const file = join(out, 'landfast.cdx.json')
  writeFileSync(file, `${JSON.stringify(billOfMaterials(build), undefined, 2)}\n`)
  return file
}

function billOfMaterials({ release, packages, nodes }: Build): Record<string, unknown> {
  const own = component({ name: 'landfast', version: release.version, licence: 'Apache-2.0' }, 'application')
  const components = [
    ...withoutCopies(packages).map((one) => component(one, 'library')),
    ...Object.values(nodes).map(nodeComponent),
  ]
  const dependsOn = components.map((one) => one['bom-ref'])
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify([release.version, release.epochSeconds, components]))}`,
    version: 1,
    metadata: { timestamp: new Date(release.epochSeconds * 1000).toISOString(), component: own },
    components,
    dependencies: [{ ref: own['bom-ref'], dependsOn }, ...dependsOn.map((ref) => ({ ref, dependsOn: [] }))],
  }
}

/** A package may be installed in two places. */
function withoutCopies(packages: readonly BundledPackage[]): BundledPackage[] {
  return [...new Map(packages.map((one) => [`${one.name}@${one.version}`, one])).values()]
}

function component(
  {
    name,
    version,
    licence,
    integrity,
  }: Pick<BundledPackage, 'name' | 'version' | 'licence'> & { integrity?: string },
  type: 'application' | 'library',
): Component {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
  return {
    type,
    'bom-ref': purl,
    ...groupOf(name),
    version,
    licenses: [/ (OR|AND|WITH) /.test(licence) ? { expression: licence } : { license: { id: licence } }],
    purl,
    ...(integrity ? { hashes: [hashOf(integrity)] } : {}),
  }
}

/** Where npm has a scope, CycloneDX has a group. */
function groupOf(name: string): { name: string; group?: string } {
  const [scope = '', rest] = name.split('/')
  return rest ? { group: scope, name: rest } : { name }
}

/** The program that runs the bundle; its hash is that of the npm package which it is taken from. */
function nodeComponent({ package: name, version, integrity }: NodeProgram): Component {
  return {
    ...component({ name, version, licence: 'MIT', integrity }, 'application'),
    description: 'Node.js, as the Node.js project builds it',
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
  }
}

function hashOf(integrity: string): { alg: string; content: string } {
  const [algorithm = '', value = ''] = integrity.split('-')
  return { alg: ALGORITHMS[algorithm] ?? algorithm, content: Buffer.from(value, 'base64').toString('hex') }
}

/** The same for the same content: of version 8, whose meaning is its maker's. */
function uuidOf(content: string): string {
  const hex = createHash('sha256').update(content).digest('hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}
