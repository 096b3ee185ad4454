/**
 * Whether the types that importers of a package find are those of the code that they get, in the package as it would be
 * published: `node scripts/packed-types.ts FOLDER`. The package is packed beside the checkout, since two checks may run.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { end, runMain } from './foreground.mjs'

const place = mkdtempSync(join(tmpdir(), 'landfast-pack-'))
process.on('exit', () => rmSync(place, { recursive: true, force: true }))
const folder = resolve(process.argv[2] ?? '.')
await runMain(() => {
  // By its whole path: npm takes "packages/agent" for a repository.
  run('npm', ['pack', folder, '--pack-destination', place, '--loglevel=error'], 'ignore')
  const [packed = ''] = globSync('*.tgz', { cwd: place })
  run('attw', ['--profile', 'esm-only', '--no-emoji', join(place, packed)], 'inherit')
  return 0
})

function run(program: string, args: readonly string[], stdout: 'ignore' | 'inherit'): void {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', stdout, 'inherit'] })
  if (error) throw error
  if (status !== 0) end(status ?? 1)
}
