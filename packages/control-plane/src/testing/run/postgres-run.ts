/**
 * One PostgreSQL server for a whole run of Vitest: the first test that needs it starts it, the end of the run ends it.
 * Not published.
 *
 * @module
 */

import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { startPostgres } from '../postgres.ts'
import { type Run, readShared, sharedInRun } from './shared-in-run.ts'

const NAME = 'postgres-server'

const POLL_MILLISECONDS = 50

interface SharedServer {
  url: string
  pid: number
}

/** The URL of the run's server; its user may make databases. */
export async function sharedServerUrl(): Promise<string> {
  const { url } = await sharedInRun<SharedServer>(NAME, async ({ folder, pid }) => {
    const server = await startPostgres({
      folder: join(folder, 'postgres'),
      settings: { max_connections: '400' },
      ownerPid: pid,
    })
    return { url: server.url(), pid: server.pid }
  })
  return url
}

/** Ends the server of `run`, if a test started it. */
export async function endSharedServer(run: Run): Promise<void> {
  const server = await readShared<SharedServer>(run, NAME)
  if (!server) return
  try {
    for (process.kill(server.pid, 'SIGQUIT'); ; process.kill(server.pid, 0))
      await setTimeout(POLL_MILLISECONDS)
  } catch {
    // It is gone.
  }
}
