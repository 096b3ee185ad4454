/**
 * What packages are made of and no other task needs: Node's programs, and what images take from Debian.
 *
 * @module
 */

import { debianPackages } from './debian-packages.ts'
import { nodeProgram } from './node-programs.ts'
import { PackageError } from './package-error.ts'
import { PROCESSORS, type Processor } from './release.ts'

/** Fetches what is not there; says what is left out if it cannot. */
export function fetchPackageParts(root: string): void {
  for (const processor of Object.keys(PROCESSORS) as Processor[]) {
    orSay(() => nodeProgram(root, processor), `Node.js for ${processor}, for packages`)
    orSay(() => debianPackages(root, processor), `Debian's libraries for ${processor}, for images`)
  }
}

function orSay(fetch: () => unknown, what: string): void {
  try {
    fetch()
  } catch (error) {
    if (!(error instanceof PackageError)) throw error
    process.stdout.write(`missing: ${what}: ${error.message}\n`)
  }
}
