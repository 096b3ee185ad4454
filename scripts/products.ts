/**
 * What is built of the packages: the programs that start, and the libraries that are imported.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { globSync, rmSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'

/** Something that is built from the packages' sources. */
export interface Product {
  /** Whether the built file, a path from the root of the checkout, is one of its own. */
  owns: (path: string) => boolean
  /** Whether the file loads the others, and so is put in place after them. */
  isEntry: (path: string) => boolean
  /** How many former builds stay. */
  kept: number
  /**
   * Builds it within `stage`, which holds the packages.
   *
   * @throws {BuildError} if the sources are wrong; the tool has said where.
   */
  make: (stage: string) => Promise<void>
}

/** The name of a product. */
export type ProductName = 'libraries' | 'programs'

/** A build that failed because of what it was given. */
export class BuildError extends Error {
  readonly exitCode: number

  constructor(exitCode: number) {
    super('the sources could not be built')
    this.exitCode = exitCode
  }
}

/** Programs that still run load parts of their build when they first need them. */
const KEPT_PROGRAMS = 20

const ENTRY = 'packages/cli/dist/main.js'
const CLIENT = 'packages/client/dist/index.js'
/** What "landfast install" places on a host is beside the program, and what the portal shows. */
const PROGRAM = /^packages\/cli\/dist\/((?:host|portal)\/.+|[^/]+\.(c?js|txt|node))$/
const BUILT = /^packages\/[^/]+\/dist\//

/** What npm's scripts need, in the order in which it is built. */
export const PRODUCTS: Readonly<Record<ProductName, Product>> = {
  libraries: {
    owns: (path) => BUILT.test(path) && !isProgram(path),
    isEntry: () => false,
    kept: 0,
    make: compile,
  },
  programs: {
    owns: isProgram,
    isEntry: (path) => path === ENTRY,
    kept: KEPT_PROGRAMS,
    make: bundlePrograms,
  },
}

function isProgram(path: string): boolean {
  return path === CLIENT || PROGRAM.test(path)
}

async function compile(stage: string): Promise<void> {
  const { status, signal, error } = spawnSync('tsc', ['-b', 'packages'], { cwd: stage, stdio: 'inherit' })
  if (error) throw error
  if (signal) throw new BuildError(128 + constants.signals[signal])
  if (status !== 0) throw new BuildError(status ?? 1)
  // Its notes for the next run, which has a stage of its own.
  for (const notes of globSync('packages/*/dist/.tsbuildinfo', { cwd: stage })) rmSync(join(stage, notes))
}

/** Loaded only when something is bundled, which is seldom. */
async function bundlePrograms(stage: string): Promise<void> {
  const { bundle, bundleClient } = await import('./bundle.ts')
  try {
    await bundle(join(stage, 'packages/cli/dist'), stage)
    await bundleClient(join(stage, CLIENT), stage)
  } catch (error) {
    throw isReported(error) ? new BuildError(1) : error
  }
}

/** What esbuild finds in the sources it has printed itself. */
function isReported(error: unknown): boolean {
  return Array.isArray((error as { errors?: unknown }).errors)
}
