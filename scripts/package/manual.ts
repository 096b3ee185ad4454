/**
 * Manual pages and shell completion as packages have them: pages compressed.
 *
 * @module
 */

import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { writeManual as writePages } from '../manual.ts'
import type { Release } from './release.ts'

/** Writes them to `folder`. */
export function writeManual({ epochSeconds }: Release, folder: string): void {
  writePages(folder, new Date(epochSeconds * 1000).toISOString().slice(0, 10))
  for (const page of globSync('man*/*.[0-9]', { cwd: folder })) {
    const path = join(folder, page)
    writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }))
    rmSync(path)
  }
}
