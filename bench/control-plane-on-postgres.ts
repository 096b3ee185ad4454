/**
 * A control plane of its own process, beside a PostgreSQL that waits for the disk, for one measurement.
 *
 * @module
 */

import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { openStorage } from '../packages/control-plane/src/storage/open-storage.ts'
import type { Storage } from '../packages/control-plane/src/storage/storage.ts'
import {
  type PostgresServer,
  startPostgres,
  whyNoPostgres,
} from '../packages/control-plane/src/testing/postgres.ts'
import { takeLock } from '../scripts/lock.ts'
import { makeStage } from '../scripts/stage.ts'
import type { ControlPlaneAnswer, ControlPlaneQuestion } from './control-plane-server.ts'
import { SERVER as SETTINGS } from './registry.ts'
import { Worker } from './worker.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const SERVER_PROCESSOR = 1

/** Both, and a folder for what the measurement keeps. */
export interface ControlPlaneOnPostgres {
  postgres: PostgresServer
  server: Worker<ControlPlaneQuestion, ControlPlaneAnswer>
  folder: string
}

/**
 * Resolves to what `measure` does. Afterwards both are gone.
 *
 * @throws {Error} if there is no PostgreSQL for `part`.
 */
export async function besidePostgres<T>(
  part: string,
  settings: Readonly<Record<string, string>>,
  measure: (bench: ControlPlaneOnPostgres) => Promise<T>,
): Promise<T> {
  const lacking = whyNoPostgres()
  if (lacking !== undefined) throw new Error(`${part} needs PostgreSQL: ${lacking}`)
  using _lock = takeLock(ROOT, 'bench')
  using stage = makeStage(ROOT, 'bench')
  const postgres = await startPostgres({ durable: true, settings: { ...SETTINGS, ...settings } })
  const server: ControlPlaneOnPostgres['server'] = new Worker('control-plane-server.ts', {
    processor: SERVER_PROCESSOR,
    args: [stage.folder, postgres.url()],
  })
  try {
    return await measure({ postgres, server, folder: stage.folder })
  } finally {
    await server.stop()
    await postgres.remove()
  }
}

/** The registry of the control plane, as another replica would open it. */
export function openBeside({ postgres, folder }: ControlPlaneOnPostgres): Promise<Storage> {
  return openStorage({ stateFolder: folder, log: pino({ enabled: false }), databaseUrl: postgres.url() })
}
