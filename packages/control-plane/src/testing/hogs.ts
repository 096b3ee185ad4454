/**
 * Connections that take the place of others at a PostgreSQL server. Not published.
 *
 * @module
 */

import { setTimeout } from 'node:timers/promises'
import { Client } from 'pg'
import { onTestFinished } from 'vitest'

const POLL_MILLISECONDS = 10

/** Holds connections until the end of the test. */
export interface Hogs {
  /** Takes as many connections, as soon as there are any. */
  take(count: number): Promise<void>
  /** Takes them away from the control plane until there are `count` in all; one must be taken already. */
  takeAll(count: number): Promise<void>
  release(): Promise<void>
}

/** Nothing is taken yet. */
export function createHogs(url: string): Hogs {
  const held: Client[] = []
  const release = async () => {
    await Promise.all(held.splice(0).map((client) => client.end()))
  }
  onTestFinished(release)

  async function tryOne(): Promise<void> {
    const client = new Client({ connectionString: url, application_name: 'hog' })
    client.on('error', () => {})
    await client.connect().then(
      () => held.push(client),
      () => setTimeout(POLL_MILLISECONDS),
    )
  }

  return {
    take: async (count) => {
      for (const goal = held.length + count; held.length < goal; ) await tryOne()
    },
    takeAll: async (count) => {
      while (held.length < count) {
        await held[0]?.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'landfast'",
        )
        await tryOne()
      }
    },
    release,
  }
}
