/**
 * What is published, as a table: each artifact, and how it is made.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { makeBillOfMaterials } from './bill-of-materials.ts'
import { type Build, processorsOf } from './build.ts'
import { makeImages } from './images.ts'
import { makeNpmTarball } from './npm-tarball.ts'
import { makeSystemPackage } from './system-packages.ts'
import { makeTarArchive } from './tar-archive.ts'

/** Makes files in `out`; their paths. */
type Maker = (build: Build, out: string) => Promise<readonly string[]>

/** By the word that asks for it. */
const MAKERS = {
  deb: async (build, out) =>
    processorsOf(build).map((processor) => makeSystemPackage(build, out, { format: 'deb', processor })),
  rpm: async (build, out) =>
    processorsOf(build).map((processor) => makeSystemPackage(build, out, { format: 'rpm', processor })),
  tar: (build, out) =>
    Promise.all(processorsOf(build).map((processor) => makeTarArchive(build, out, processor))),
  npm: async (build, out) => [await makeNpmTarball(build, out)],
  image: async (build, out) => {
    const files: string[] = []
    for (const processor of processorsOf(build)) files.push(await makeImages(build, out, processor))
    return files
  },
  sbom: async (build, out) => [makeBillOfMaterials(build, out)],
} as const satisfies Record<string, Maker>

/** The name of an artifact. */
export type ArtifactName = keyof typeof MAKERS

/** All of them. */
export const ARTIFACT_NAMES = Object.keys(MAKERS) as ArtifactName[]

/** Makes those of `names` in the folder `out`, and a list of their hashes; the paths of all. */
export async function makeArtifacts(
  build: Build,
  out: string,
  names: readonly ArtifactName[],
): Promise<string[]> {
  mkdirSync(out, { recursive: true })
  const files: string[] = []
  // One after the other: each keeps a processor busy with compression.
  for (const name of names) files.push(...(await MAKERS[name](build, out)))
  return [...files, writeChecksums(out, files)]
}

/** As `sha256sum --check` reads it. */
function writeChecksums(out: string, files: readonly string[]): string {
  const lines = files.map((file) => `${sha256(file)}  ${basename(file)}\n`).sort()
  const path = join(out, 'SHA256SUMS')
  writeFileSync(path, lines.join(''))
  return path
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}
