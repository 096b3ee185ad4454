/**
 * Writes a token file into a folder whose disk is then filled up, and tells what became of the next one.
 *
 * @module
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeTokenFile } from '../../packages/agent/src/token-files/token-writer.ts'

const [folder = ''] = process.argv.slice(2)
const path = join(folder, 'aws')
const own = { path, mode: 0o600, userId: undefined, groupId: undefined, remember: async () => {} }

await writeTokenFile('former', { ...own, isOurs: false })
for (let size = 64; size > 0; size--) {
  try {
    writeFileSync(join(folder, 'filler'), Buffer.alloc(1024), { flag: 'a' })
  } catch {
    break
  }
}
const { code } = await writeTokenFile('next'.repeat(4096), { ...own, isOurs: true }).then(
  () => ({ code: 'written' }),
  (error) => error,
)
const names = readdirSync(folder).sort()
process.stdout.write(`${JSON.stringify({ code, names, content: readFileSync(path, 'utf8') })}\n`)
