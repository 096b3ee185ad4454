/**
 * Bundles `landfast agent` into a file of its own, since it starts with every host and then waits: all that it starts with is
 * one CommonJS file, and libraries that it needs late, or never, are others beside it.
 *
 * To find, link and compile 70 modules took longer than all that is in them. A split bundle cannot be one file, as each part
 * that is loaded late takes what it shares with the start into more files.
 *
 * @see docs/performance.md#start-and-memory-of-the-agent
 * @module
 */

import { basename, join } from 'node:path'
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild'

/** Libraries by the file that they are in. Those of one file share what they hold, such as a table of all ASN.1 types. */
const LATE: Readonly<Record<string, readonly string[]>> = {
  yaml: ['yaml'],
  commander: ['commander'],
  metrics: ['prom-client'],
  certificates: [
    'reflect-metadata',
    '@peculiar/asn1-cms',
    '@peculiar/asn1-schema',
    '@peculiar/asn1-x509',
    '@peculiar/x509',
  ],
}

const LIBRARIES = Object.values(LATE).flat()

const ENTRY = 'src/commands/agent-main.ts'

/** A file that was made, and of what. */
interface Made {
  file: string
  metafile: Metafile
}

/** Bundles the agent of the checkout `root` into `folder`. */
export async function bundleAgent(
  folder: string,
  root: string,
  common: BuildOptions,
): Promise<{ file: string; metafiles: Metafile[] }> {
  const options: BuildOptions & { metafile: true } = {
    ...common,
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    outdir: folder,
    // Programs that run already load the late parts of their own build.
    entryNames: 'agent-[name]-[hash]',
    metafile: true,
  }
  const late = new Map<string, Promise<Made>>()
  const lateFile = async (library: string): Promise<string> => {
    const [name = '', libraries = []] = Object.entries(LATE).find(([, all]) => all.includes(library)) ?? []
    const made = late.get(name) ?? bundleOne(lateOptions(name, libraries))
    late.set(name, made)
    return (await made).file
  }
  const agent = await bundleOne({
    ...options,
    absWorkingDir: join(root, 'packages/cli'),
    entryPoints: { main: ENTRY },
    // CommonJS has no address of the module.
    define: { 'import.meta.url': '__landfastUrl' },
    banner: { js: 'const __landfastUrl = require("node:url").pathToFileURL(__filename).href;' },
    plugins: [latePlugin(lateFile)],
  })
  const all = [agent, ...(await Promise.all(late.values()))]
  return { file: agent.file, metafiles: all.map(({ metafile }) => metafile) }

  function lateOptions(name: string, libraries: readonly string[]) {
    const lines = libraries.map(
      (library) => `  ${JSON.stringify(library)}: require(${JSON.stringify(library)}),`,
    )
    const contents = `module.exports = {\n${lines.join('\n')}\n}`
    const stdin = { contents, resolveDir: root, sourcefile: `${name}.cjs` }
    return { ...options, absWorkingDir: root, stdin, entryNames: `agent-${name}-[hash]` }
  }
}

async function bundleOne(options: BuildOptions & { metafile: true }): Promise<Made> {
  const { metafile } = await build(options)
  const file = Object.keys(metafile.outputs).find((path) => path.endsWith('.cjs')) ?? ''
  return { file: basename(file), metafile }
}

/** What of ours imports such a library asks its file for it, which is loaded then. */
function latePlugin(fileOf: (library: string) => Promise<string>): Plugin {
  const namespace = 'late'
  return {
    name: namespace,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^[^.]/ }, ({ path }) =>
        LIBRARIES.includes(path) ? { path, namespace } : undefined,
      )
      onResolve({ filter: /^\.\/agent-/, namespace }, ({ path }) => ({ path, external: true }))
      onLoad({ filter: /.*/, namespace }, async ({ path }) => ({
        contents: `module.exports = require('./${await fileOf(path)}')[${JSON.stringify(path)}]`,
      }))
    },
  }
}

/** In the bundle of the whole command: has the agent’s `file` loaded in place of the source. */
export function agentFilePlugin(file: string): Plugin {
  const namespace = 'agent-file'
  return {
    name: namespace,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\/agent-main\.ts$/ }, ({ kind, path }) =>
        kind === 'dynamic-import' ? { path, namespace } : undefined,
      )
      // By `require`, since an `import` of CommonJS reads the whole file once more for the names of its exports.
      onLoad({ filter: /.*/, namespace }, () => ({
        contents: `__landfastRequire(import.meta.url)('./${file}')`,
      }))
    },
  }
}
