/**
 * Bundles the command into packages/cli/dist: one entry, and chunks that are loaded when a command needs
 * them, so that `landfast agent` never loads the control plane.
 *
 * @module
 */

import { rmSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Metafile } from 'esbuild'
import { builtinPlugin } from './builtin-plugin.ts'

const PACKAGE = fileURLToPath(new URL('../packages/cli', import.meta.url))

/** CommonJS dependencies ask for Node's own modules by `require`, which a module does not have. */
const REQUIRE = `import { createRequire as __landfastRequire } from 'node:module'
const require = __landfastRequire(import.meta.url)`

/** Bundles the command into `folder`; what was bundled there before is removed. */
export async function bundle(folder: string): Promise<Metafile> {
  await removeBundle(folder)
  const { metafile } = await build({
    absWorkingDir: PACKAGE,
    entryPoints: { main: 'src/main.ts' },
    outdir: folder,
    // All in one folder: package.json is beside it for each of them.
    chunkNames: 'chunk-[name]-[hash]',
    bundle: true,
    splitting: true,
    // Names stay, for whoever reads a stack trace.
    minifySyntax: true,
    minifyWhitespace: true,
    plugins: [builtinPlugin],
    legalComments: 'linked',
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // The sources, never a build that may be old.
    conditions: ['source'],
    banner: { js: REQUIRE },
    metafile: true,
    logLevel: 'warning',
  })
  return metafile
}

async function removeBundle(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names) if (/\.js(\.LEGAL\.txt)?$/.test(name)) rmSync(join(folder, name))
}

if (import.meta.main) await bundle(join(PACKAGE, 'dist'))
