import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** Tests read the packages' sources, never a build that may be old. */
export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'test/**/*.test.ts',
      'examples/**/*.test.ts',
      'scripts/**/*.test.ts',
      'bench/**/*.test.ts',
      'conformance/**/*.test.ts',
    ],
    globalSetup: ['test/run.ts'],
    reporters: ['default', './test/left-out.ts'],
    // One a processor: the tests wait for their children more than they compute.
    maxWorkers: availableParallelism(),
    // For disks that make each commit wait for hundreds of milliseconds, as those of shared hosts do at times.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 60_000 } },
  },
})
