/**
 * What artifacts are made from: the bundle, the programs of Node and the texts, each made once for all of them.
 *
 * @module
 */

import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundle } from '../bundle.ts'
import { type BundledPackage, bundledPackages } from './bundled-packages.ts'
import { emulatorFiles } from './emulator-files.ts'
import type { NodeProgram } from './node-programs.ts'
import { thirdPartyNotices } from './papers.ts'
import type { Processor, Release } from './release.ts'

/** Everything that goes into artifacts. */
export interface Build {
  release: Release
  /** A folder for what is made on the way. */
  stage: string
  /** The folder with the bundle. */
  bundle: string
  /** What in it is the emulator alone. */
  emulatorFiles: readonly string[]
  /** The packages of others in it. */
  packages: readonly BundledPackage[]
  /** Node's programs, by processors; those alone are packaged. */
  nodes: Partial<Record<Processor, NodeProgram>>
  /** The notices that others ask to be passed on. */
  notices: string
}

/** What a build starts from. */
export interface BuildInputs extends Pick<Build, 'release' | 'stage' | 'nodes'> {}

/** Bundles the command of the checkout and gathers what goes with it. */
export async function prepareBuild({ release, stage, nodes }: BuildInputs): Promise<Build> {
  const folder = join(stage, 'bundle')
  const metafile = await bundle(folder, release.root)
  const packages = bundledPackages(release.root, metafile)
  const [node] = Object.values(nodes)
  const notices = thirdPartyNotices({
    packages,
    nodeVersion: node?.version ?? '',
    nodeLicence: node ? readFileSync(node.licence, 'utf8') : '',
  })
  return { release, stage, nodes, bundle: folder, emulatorFiles: emulatorFiles(metafile), packages, notices }
}

/** The processors that are packaged. */
export function processorsOf({ nodes }: Build): Processor[] {
  return Object.keys(nodes) as Processor[]
}

/** An empty folder of that name within the stage. */
export function stageFolder({ stage }: Build, name: string): string {
  const folder = join(stage, name)
  mkdirSync(folder, { recursive: true })
  return folder
}
