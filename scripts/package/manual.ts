/**
 * Manual pages and shell completion as packages have them: pages compressed.
 *
 * @module
 */

import { cpSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** Where the checkout `root` has them, once they are made. */
const FOLDER = 'dist/manual'

/** Writes them to `folder`, if the checkout has them. */
export function writeManual(root: string, folder: string): void {
  if (!existsSync(join(root, FOLDER))) return
  cpSync(join(root, FOLDER), folder, { recursive: true })
  for (const page of globSync('man*/*.[0-9]', { cwd: folder })) {
    const path = join(folder, page)
    writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }))
    rmSync(path)
  }
}
