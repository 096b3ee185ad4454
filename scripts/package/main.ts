/**
 * `npm run package -- [--processor P]… [--out FOLDER] [ARTIFACT…]`: makes what is published.
 *
 * @module
 */

import { statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { fail, runMain } from '../foreground.mjs'
import { takeLock } from '../lock.ts'
import { makeStage } from '../stage.ts'
import { ARTIFACT_NAMES, type ArtifactName, makeArtifacts } from './artifacts.ts'
import { prepareBuild } from './build.ts'
import { nodeProgram } from './node-programs.ts'
import { PackageError } from './package-error.ts'
import { PROCESSORS, type Processor, readRelease } from './release.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** What is asked for. */
interface Wanted {
  artifacts: readonly ArtifactName[]
  processors: readonly Processor[]
  out: string
}

await runMain(async () => {
  try {
    await makeWanted(readArguments(process.argv.slice(2)))
  } catch (error) {
    if (error instanceof PackageError) fail(error.message, error.hint)
    throw error
  }
  return 0
})

async function makeWanted({ artifacts, processors, out }: Wanted): Promise<void> {
  const release = readRelease(ROOT, process.env)
  using _lock = takeLock(ROOT, 'package')
  using stage = makeStage(ROOT, 'package')
  const nodes = Object.fromEntries(processors.map((name) => [name, nodeProgram(ROOT, name)]))
  const build = await prepareBuild({ release, stage: stage.folder, nodes })
  const files = await makeArtifacts(build, out, artifacts)
  for (const file of files) process.stdout.write(`${megabytes(file)} MB  ${relative(ROOT, file)}\n`)
}

function readArguments(args: readonly string[]): Wanted {
  const { values, positionals } = parse(args)
  return {
    artifacts: pick(positionals, ARTIFACT_NAMES),
    processors: pick(values.processor ?? [], Object.keys(PROCESSORS) as Processor[]),
    out: resolve(process.env.INIT_CWD ?? ROOT, values.out ?? join(ROOT, 'dist/packages')),
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { processor: { type: 'string', multiple: true }, out: { type: 'string' } },
    })
  } catch (cause) {
    const hint = 'the arguments are [--processor x64|arm64] [--out FOLDER] [ARTIFACT…]'
    throw new PackageError((cause as Error).message, hint, { cause })
  }
}

/** Those of `all` that are asked for, in the order of `all`; without any, all. */
function pick<Name extends string>(asked: readonly string[], all: readonly Name[]): readonly Name[] {
  const unknown = asked.find((name) => !all.some((one) => one === name))
  if (unknown !== undefined) throw new PackageError(`there is no "${unknown}"`, `choose of ${all.join(', ')}`)
  return asked.length === 0 ? all : all.filter((name) => asked.includes(name))
}

function megabytes(file: string): string {
  return (statSync(file).size / 1e6).toFixed(1).padStart(6)
}
