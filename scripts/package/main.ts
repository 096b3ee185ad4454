/**
 * `npm run package -- [ARTIFACT…]`: makes what is published, in dist/packages.
 *
 * @module
 */

import { mkdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from '../bundle.ts'
import { fail, runMain } from '../foreground.mjs'
import { takeLock } from '../lock.ts'
import { makeStage } from '../stage.ts'
import { bundledPackages } from './bundled-packages.ts'
import { nodeProgram } from './node-programs.ts'
import { PackageError } from './package-error.ts'
import { writeProgramFolder } from './program-folder.ts'
import { readRelease } from './release.ts'
import { makeSystemPackage } from './system-packages.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

await runMain(async () => {
  try {
    await makeAll()
  } catch (error) {
    if (error instanceof PackageError) fail(error.message, error.hint)
    throw error
  }
  return 0
})

async function makeAll(): Promise<void> {
  const release = readRelease(ROOT, process.env)
  using _lock = takeLock(ROOT, 'package')
  using stage = makeStage(ROOT, 'package')
  const out = join(ROOT, 'dist/packages')
  mkdirSync(out, { recursive: true })
  const meta = await bundle(join(stage.folder, 'bundle'), ROOT)
  const packages = bundledPackages(ROOT, meta)
  const node = nodeProgram(ROOT, 'x64')
  const folder = join(stage.folder, 'deb-x64')
  writeProgramFolder(ROOT, join(folder, 'lib'), {
    bundle: join(stage.folder, 'bundle'),
    version: release.version,
    processor: 'x64',
    node: node.program,
  })
  const papers = { packages, nodeVersion: node.version, nodeLicence: readFileSync(node.licence, 'utf8') }
  const file = makeSystemPackage(out, { release, format: 'deb', processor: 'x64', stage: folder, papers })
  process.stdout.write(`${relative(ROOT, file)}\n`)
}
