/**
 * Bundles what is loaded by every program that starts.
 *
 * The command goes into packages/cli/dist: one entry, and chunks that are loaded when a command needs them, so that
 * `landfast agent` never loads the control plane. The client goes into packages/client/dist: one file, since to find and
 * read twenty takes longer than all that is in them.
 *
 * @module
 */

import { rmSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Metafile } from 'esbuild'
import { builtinPlugin } from './builtin-plugin.ts'

const COMMAND = fileURLToPath(new URL('../packages/cli', import.meta.url))
const CLIENT = fileURLToPath(new URL('../packages/client', import.meta.url))

/** CommonJS dependencies ask for Node's own modules by `require`, which a module does not have. */
const REQUIRE = `import { createRequire as __landfastRequire } from 'node:module'
const require = __landfastRequire(import.meta.url)`

const COMMON: BuildOptions = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  // The sources, never a build that may be old.
  conditions: ['source'],
  logLevel: 'warning',
}

/** Bundles the command into `folder`; what was bundled there before is removed. */
export async function bundle(folder: string): Promise<Metafile> {
  await removeBundle(folder)
  const { metafile } = await build({
    ...COMMON,
    absWorkingDir: COMMAND,
    entryPoints: { main: 'src/main.ts' },
    outdir: folder,
    // All in one folder: package.json is beside it for each of them.
    chunkNames: 'chunk-[name]-[hash]',
    splitting: true,
    // Names stay, for whoever reads a stack trace.
    minifySyntax: true,
    minifyWhitespace: true,
    plugins: [builtinPlugin],
    legalComments: 'linked',
    target: 'node24',
    banner: { js: REQUIRE },
    metafile: true,
  })
  return metafile
}

/** Bundles the client into `file`. */
export async function bundleClient(file: string): Promise<void> {
  await build({
    ...COMMON,
    absWorkingDir: CLIENT,
    entryPoints: ['src/index.ts'],
    outfile: file,
    target: 'node20',
  })
}

async function removeBundle(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names) if (/\.js(\.LEGAL\.txt)?$/.test(name)) rmSync(join(folder, name))
}

if (import.meta.main) {
  await bundle(join(COMMAND, 'dist'))
  await bundleClient(join(CLIENT, 'dist/index.js'))
}
