/**
 * What one run of Vitest makes once for all of its test files: the first worker that wants it makes it, the others wait.
 * Not published.
 *
 * @see https://vitest.dev/config/globalsetup
 * @module
 */

import { chmod, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

/** Tells the workers where the run keeps what they share, and whose end is the run's end. */
const VARIABLE = { folder: 'LANDFAST_TEST_RUN_FOLDER', pid: 'LANDFAST_TEST_RUN_PID' }

const POLL_MILLISECONDS = 50
const PATIENCE_MILLISECONDS = 90_000

/** Where a run keeps what its workers share, and the process that ends with the run. */
export interface Run {
  folder: string
  pid: number
}

/** Begins a run, of this process. */
export async function beginRun(): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'landfast-run-'))
  // Other users must reach what is theirs within.
  await chmod(folder, 0o711)
  process.env[VARIABLE.folder] = folder
  process.env[VARIABLE.pid] = String(process.pid)
  return { folder, pid: process.pid }
}

/** The run that this process is of. */
function currentRun(): Run {
  const folder = process.env[VARIABLE.folder]
  if (!folder) throw new Error('the tests must be run with test/vitest.config.ts')
  return { folder, pid: Number(process.env[VARIABLE.pid]) }
}

/** What `make` resolves to, as JSON, for all workers of this run; it is called once. */
export async function sharedInRun<Shared>(
  name: string,
  make: (run: Run) => Promise<Shared>,
): Promise<Shared> {
  const run = currentRun()
  if (await isFirst(run, name)) await keep(run, name, await make(run))
  const deadline = performance.now() + PATIENCE_MILLISECONDS
  while (performance.now() < deadline) {
    const shared = await readShared<Shared>(run, name)
    if (shared !== undefined) return shared
    await setTimeout(POLL_MILLISECONDS)
  }
  throw new Error(`this run has no ${name}; the first test that needed it says why`)
}

/** What was made of that name, if it was. */
export async function readShared<Shared>({ folder }: Run, name: string): Promise<Shared | undefined> {
  const text = await readFile(join(folder, `${name}.json`), 'utf8').catch(() => '')
  return text === '' ? undefined : JSON.parse(text)
}

/** Lets the next worker that wants it make it anew. */
export async function forgetShared({ folder }: Run, name: string): Promise<void> {
  for (const end of ['json', 'begun']) await rm(join(folder, `${name}.${end}`), { force: true })
}

/** Several workers may come at once. */
async function isFirst({ folder }: Run, name: string): Promise<boolean> {
  return writeFile(join(folder, `${name}.begun`), '', { flag: 'wx' }).then(
    () => true,
    () => false,
  )
}

async function keep({ folder }: Run, name: string, shared: unknown): Promise<void> {
  const file = join(folder, `${name}.new`)
  await writeFile(file, JSON.stringify(shared), { mode: 0o600 })
  await rename(file, join(folder, `${name}.json`))
}
