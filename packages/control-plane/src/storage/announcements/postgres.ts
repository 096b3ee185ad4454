/**
 * Announcements among replicas, by the notifications of PostgreSQL. They are sent when the change is committed, not within it: from
 * a notification to the end of its commit PostgreSQL lets no other transaction with one commit.
 *
 * @see https://www.postgresql.org/docs/current/sql-notify.html
 * @module
 */

import { randomUUID } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import { Client, type ClientConfig, type Notification } from 'pg'
import { answered } from '../guarded-connection.ts'
import { ServerSilentError } from '../postgres-failure.ts'
import type { Schema } from '../schema.ts'
import { StorageError } from '../storage-error.ts'
import type { Ear, Listening, OpenAnnouncements } from './announcements.ts'
import { createPaced } from './paced.ts'

const CHANNEL = 'landfast_changes'

/** What is sent in it; anything else is an echo for one alone. */
const CHANGED = 'changed'

/** An echo comes back within this time. */
const ECHO_MILLISECONDS = 5_000

/** So often it is looked whether the connection still hears. */
const ASK_MILLISECONDS = 15_000

type Notify = (word: string) => Promise<void>

/** What it is made of. */
export interface AnnouncementParts {
  db: Kysely<Schema>
  /** Of the one connection that listens, which is there only while somebody does. */
  client: ClientConfig
  /** How long the server may be silent when it is asked something. */
  milliseconds: number
}

/** Announcements that nobody hears yet. */
export function createPostgresAnnouncements(parts: AnnouncementParts): OpenAnnouncements {
  const notify: Notify = async (word) => {
    await sql`select pg_notify(${CHANNEL}, ${word})`.execute(parts.db)
  }
  const { wish, close } = createPaced(() => notify(CHANGED))
  return { announce: wish, listen: (ear) => listen(parts, { ear, notify }), close }
}

async function listen(
  { client: config, milliseconds }: AnnouncementParts,
  { ear, notify }: { ear: Ear; notify: Notify },
): Promise<Listening> {
  const client = new Client(config)
  const lost = Promise.withResolvers<never>()
  lost.promise.catch(() => {})
  for (const event of ['error', 'end'] as const) {
    client.on(event, (cause?: Error) => lost.reject(cause ?? new Error('the connection was ended')))
  }
  const begin = async () => {
    await client.connect()
    await answered(() => client.query(`listen ${CHANNEL}`), milliseconds)
    await hearEcho(client, notify)
  }
  try {
    await Promise.race([lost.promise, begin()])
  } catch (cause) {
    leave(client)
    throw new StorageError('storage_unavailable', { cause })
  }
  return keepListening(client, { ear, notify, lost: lost.promise })
}

/**
 * What is announced by another connection must come back by this one: a pooler of connections, a network that drops everything and
 * a server that is no more the one that the others go to would all be as silent as a database in which nothing happens.
 *
 * @throws {ServerSilentError} if it does not.
 */
async function hearEcho(client: Client, notify: Notify): Promise<void> {
  const word = randomUUID()
  const echo = Promise.withResolvers<void>()
  const hear = ({ payload }: Notification) => {
    if (payload === word) echo.resolve()
  }
  client.on('notification', hear)
  try {
    await notify(word)
    await answered(() => echo.promise, ECHO_MILLISECONDS)
  } finally {
    client.off('notification', hear)
  }
}

function keepListening(
  client: Client,
  { ear, notify, lost }: { ear: Ear; notify: Notify; lost: Promise<never> },
): Listening {
  let isOver = false
  const end = () => {
    if (isOver) return false
    isOver = true
    clearInterval(asking)
    leave(client)
    return true
  }
  const lose = () => {
    if (end()) ear.lose()
  }
  const asking = setInterval(() => {
    hearEcho(client, notify).catch((error: unknown) => {
      // That the others cannot ask now says nothing of this one.
      if (error instanceof ServerSilentError) lose()
    })
  }, ASK_MILLISECONDS).unref()
  client.on('notification', ({ payload }) => {
    if (!isOver && payload === CHANGED) ear.hear()
  })
  lost.catch(lose)
  return { stop: () => void end() }
}

/** Nobody waits for its goodbye. */
function leave(client: Client): void {
  client.end().catch(() => {})
}
