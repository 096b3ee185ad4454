/**
 * Bundles Node's own modules so that only what is used of them is loaded. An `import` reads every export to build
 * the module's namespace, and some load much: of `node:http` a WebSocket client, of `node:process` the standard
 * streams. For the agent that was 12 MiB and a third of the time to start.
 *
 * @see docs/performance.md#start-and-memory-of-the-agent
 * @module
 */

import type { Plugin } from 'esbuild'

const NAMESPACE = 'builtin'

/** Turns `import … from 'node:NAME'` into a look-up whose members are read when they are used. */
export const builtinPlugin: Plugin = {
  name: 'builtin',
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ kind, path }) =>
      kind === 'import-statement' ? { path, namespace: NAMESPACE, sideEffects: false } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
    }))
  },
}
