/**
 * Artifacts made for a test, in a folder that goes with it.
 *
 * @module
 */

import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { type ArtifactName, makeArtifacts } from '../../scripts/package/artifacts.ts'
import { type Build, prepareBuild } from '../../scripts/package/build.ts'
import { nodeProgram } from '../../scripts/package/node-programs.ts'
import { readRelease } from '../../scripts/package/release.ts'

/** This checkout. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A moment for checkouts that are no clones. */
export const EPOCH_SECONDS = 1_790_000_000

/** A folder that goes when the test, or the suite, is over. */
export function trialFolder(name: string, onEnd: (remove: () => void) => void = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), `landfast-${name}-`))
  onEnd(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Files in Node's place: of a moment's work to compress, yet programs. */
export function standIns(folder: string): Build['nodes'] {
  mkdirSync(folder)
  const stand = (processor: string) => {
    copyFileSync('/bin/true', join(folder, `${processor}-node`))
    return {
      version: '24.0.0',
      package: `node-linux-${processor}`,
      integrity: `sha512-${Buffer.alloc(64).toString('base64')}`,
      program: join(folder, `${processor}-node`),
      licence: join(ROOT, 'LICENSE'),
    }
  }
  return { x64: stand('x64'), arm64: stand('arm64') }
}

/** A build of this checkout for this processor, with the Node that is published, in `folder`. */
export function trialBuild(folder: string): Promise<Build> {
  const stage = join(folder, 'stage')
  mkdirSync(stage)
  const release = readRelease(ROOT, { SOURCE_DATE_EPOCH: String(EPOCH_SECONDS) })
  return prepareBuild({ release, stage, nodes: { x64: nodeProgram(ROOT, 'x64') } })
}

/** Makes one artifact in `folder`; its path. */
export async function trialArtifact(folder: string, name: ArtifactName): Promise<string> {
  const [file = ''] = await makeArtifacts(await trialBuild(folder), join(folder, 'out'), [name])
  return file
}
