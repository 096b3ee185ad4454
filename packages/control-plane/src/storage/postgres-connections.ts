/**
 * The connections to PostgreSQL: how many, how long anything may take, and what is done when one is lost.
 *
 * @see https://node-postgres.com/apis/pool
 * @module
 */

import { setTimeout } from 'node:timers/promises'
import type { PostgresPool } from 'kysely'
import { type ClientBase, type ClientConfig, Pool, type PoolClient, type PoolConfig, types } from 'pg'
import type { Logger } from 'pino'
import { answered, guardConnection } from './guarded-connection.ts'
import { createKeptStatements } from './kept-statements.ts'
import { isCrowded } from './postgres-failure.ts'
import { CONNECTIONS_DEFAULT } from './storage.ts'
import { StorageError } from './storage-error.ts'

/** How long a request waits for a connection, be it a new one or one that others use. */
const CONNECT_MILLISECONDS = 5_000

/** How long anything may take, in milliseconds. */
export interface Patience {
  /** At the server, waits for locks among it. */
  statement: number
  /** Until the server itself must have said something: the network between may drop everything. */
  answer: number
}

/** Above any wait for a lock that is worth it: the caller has given up by then. */
const PATIENCE: Patience = { statement: 10_000, answer: 12_000 }

/** Ends what a replica that was cut off has left open, so that its locks go. */
const IDLE_TRANSACTION_MILLISECONDS = 20_000

/** Before firewalls forget a quiet connection. */
const KEEPALIVE_MILLISECONDS = 30_000

/** So that, in time, every connection goes where the name of the server leads now. */
const LIFETIME_SECONDS = 1_800

/** How long to wait between two tries while the server has no connection left. */
const CROWDED_MILLISECONDS = 100

const OID = { int8: 20, numeric: 1700 }

/** How many connections there are at most, and how long anything may take. */
export interface ConnectionLimits {
  connections?: number | undefined
  patience?: Patience
}

/** Connections, and how many of them do what. */
export interface Connections extends PostgresPool {
  count(): { active: number; idle: number; waiting: number }
}

/** The connections to the database at `url`; none is made before the first is needed. */
export function openConnections(url: string, log: Logger, limits: ConnectionLimits = {}): Connections {
  const { connections = CONNECTIONS_DEFAULT, patience = PATIENCE } = limits
  const pool = new Pool(poolConfig(url, connections, patience))
  pool.on('error', (err) => log.warn({ err }, 'an idle connection to the database was lost'))
  const lost = new WeakSet<ClientBase>()
  const guard = { lost, milliseconds: patience.answer, kept: createKeptStatements() }
  // A connection in use has no other listener, and an "error" without a listener would end the process.
  pool.on('connect', (client) => client.on('error', () => lost.add(client)))
  return {
    // Kysely reads these only to cancel queries, which is not done here; they would hold the password.
    options: {},
    connect: async () => guardConnection(await connect(pool), guard),
    end: () => pool.end(),
    count: () => ({
      active: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
    }),
  }
}

/** For a connection that is none of those, and how long the server may be silent there. */
export function ownConnection(
  url: string,
  { patience = PATIENCE }: ConnectionLimits,
): { client: ClientConfig; milliseconds: number } {
  return { client: clientConfig(url), milliseconds: patience.answer }
}

function clientConfig(url: string): ClientConfig {
  return {
    connectionString: url,
    fallback_application_name: 'landfast',
    connectionTimeoutMillis: CONNECT_MILLISECONDS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_MILLISECONDS,
  }
}

function poolConfig(url: string, max: number, patience: Patience): PoolConfig {
  return {
    ...clientConfig(url),
    max,
    maxLifetimeSeconds: LIFETIME_SECONDS,
    onConnect: async (client) => {
      await answered(() => client.query(sessionSettings(patience)), patience.answer)
    },
    types: { getTypeParser: (oid, format) => NUMBERS.get(oid) ?? types.getTypeParser(oid, format) },
  }
}

/** By a statement, not by start-up parameters, which connection poolers refuse. Commits are durable whatever the server's default is. */
function sessionSettings({ statement }: Patience): string {
  return `select
  set_config('statement_timeout', '${statement}', false),
  set_config('idle_in_transaction_session_timeout', '${IDLE_TRANSACTION_MILLISECONDS}', false),
  set_config('synchronous_commit', case setting when 'off' then 'on' else setting end, false)
  from pg_settings where name = 'synchronous_commit'`
}

/** As SQLite gives them: counts and times are numbers. */
const NUMBERS = new Map([
  [OID.int8, exactNumber],
  [OID.numeric, exactNumber],
])

function exactNumber(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new RangeError(`the database holds ${text}, which is too large to be read as a number`)
  }
  return value
}

/** While others hold every connection that the server has, one of ours or theirs may come free. */
async function connect(pool: Pool): Promise<PoolClient> {
  const deadline = performance.now() + CONNECT_MILLISECONDS
  for (;;) {
    try {
      return await pool.connect()
    } catch (cause) {
      if (!isCrowded(cause) || performance.now() > deadline) {
        throw new StorageError('storage_unavailable', { cause })
      }
      await setTimeout(CROWDED_MILLISECONDS)
    }
  }
}
