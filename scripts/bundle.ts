/**
 * Bundles what is loaded by every program that starts.
 *
 * The command becomes one entry, and chunks that are loaded when a command needs them; `landfast agent` is a file of its own. The client becomes one file, since to find and read twenty takes longer than all that is in them.
 *
 * @module
 */

import { copyFileSync, cpSync, globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Metafile } from 'esbuild'
import { builtinPlugin } from './builtin-plugin.ts'
import { agentFilePlugin, bundleAgent } from './bundle-agent.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

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

/** Names stay, for whoever reads a stack trace. */
const SMALL: BuildOptions = {
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'linked',
  target: 'node24',
}

/**
 * Bundles the command of the checkout `root` into `folder`. `agent.cjs` in it is the agent for who starts nothing else: Node takes
 * longer to start with a module.
 */
export async function bundle(folder: string, root = ROOT): Promise<Metafile> {
  const agent = await bundleAgent(folder, root, { ...COMMON, ...SMALL })
  const { metafile } = await build({
    ...COMMON,
    ...SMALL,
    absWorkingDir: join(root, 'packages/cli'),
    entryPoints: { main: 'src/main.ts' },
    outdir: folder,
    // All in one folder: package.json is beside it for each of them.
    chunkNames: 'chunk-[name]-[hash]',
    splitting: true,
    plugins: [agentFilePlugin(agent.file), builtinPlugin],
    banner: { js: REQUIRE },
    metafile: true,
  })
  writeFileSync(join(folder, 'agent.cjs'), `require('./${agent.file}')\n`)
  copyKernel(root, folder)
  copyHostFiles(root, folder)
  copyPortalFiles(root, folder)
  return together([...agent.metafiles, metafile])
}

function together(metafiles: readonly Metafile[]): Metafile {
  return {
    inputs: Object.assign({}, ...metafiles.map(({ inputs }) => inputs)),
    outputs: Object.assign({}, ...metafiles.map(({ outputs }) => outputs)),
  }
}

/** What is no JavaScript is beside what loads it. */
function copyKernel(root: string, folder: string): void {
  const from = join(root, 'packages/server/src/kernel')
  for (const name of globSync('*.node', { cwd: from })) copyFileSync(join(from, name), join(folder, name))
}

/** What "landfast install" places on a host. */
const HOST_FOLDERS = ['program', 'systemd', 'sysusers.d', 'tmpfiles.d', 'sysctl.d', 'logrotate.d']

function copyHostFiles(root: string, folder: string): void {
  for (const name of HOST_FOLDERS) {
    cpSync(join(root, 'packaging', name), join(folder, 'host', name), { recursive: true })
  }
}

/** What the pages of the portal ask for. */
function copyPortalFiles(root: string, folder: string): void {
  const from = join(root, 'packages/control-plane/src/portal/assets')
  for (const name of globSync('*', { cwd: from })) cpSync(join(from, name), join(folder, 'portal', name))
}

/** Bundles the client of the checkout `root` into `file`. */
export async function bundleClient(file: string, root = ROOT): Promise<void> {
  await build({
    ...COMMON,
    absWorkingDir: join(root, 'packages/client'),
    entryPoints: ['src/index.ts'],
    outfile: file,
    target: 'node20',
  })
}
