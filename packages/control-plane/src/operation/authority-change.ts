/**
 * One certificate authority takes the place of another, in three steps by an operator's word: the next one is made and told to
 * machines, then it signs, then nobody is told to trust the former one any more.
 *
 * @see docs/operations.md#changing-the-ca
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import { unaskedEntry } from '../audit/audit-entry.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import {
  type AuthorityRow,
  placeOf,
  readAuthorities,
  servingAuthority,
  waitingAuthority,
} from '../certificates/authority-rows.ts'
import { generateCertificateAuthority } from '../certificates/certificate-authority.ts'
import { sealingKey } from '../storage/encryption-key.ts'
import type { Schema } from '../storage/schema.ts'
import { type EncryptionKey, sealText } from '../storage/sealed-text.ts'
import type { Storage } from '../storage/storage.ts'
import { StorageError } from '../storage/storage-error.ts'

/** The steps in their order. */
export const AUTHORITY_STEPS = ['prepare', 'serve', 'retire'] as const

/** One of them. */
export type AuthorityStep = (typeof AUTHORITY_STEPS)[number]

/** Replicas read the authorities more often than that. */
const SETTLED_MILLISECONDS = 60_000

/** What a step works with. */
export interface AuthorityChangeParts {
  storage: Storage
  encryptionKey: EncryptionKey
  now: Date
  step: AuthorityStep
  /** Whether to go on although machines do not know the next authority. */
  force: boolean
}

/** What was done. */
export interface AuthorityChange {
  step: AuthorityStep
  /** The certificate that the step was about, PEM. */
  certificate: string
  /** Machines that have not been told of the next authority yet. */
  machines: number
}

/**
 * Makes one step.
 *
 * @throws {StorageError} `ca_change_underway`, `ca_change_missing`, `ca_change_early` or `ca_unknown_to_machines`.
 */
export async function changeAuthority(parts: AuthorityChangeParts): Promise<AuthorityChange> {
  const { storage, step, now } = parts
  const made = step === 'prepare' ? await generateCertificateAuthority(now) : undefined
  return storage.change(async (trx) => {
    const rows = await readAuthorities(trx)
    const change = made
      ? await prepare(trx, { ...parts, rows, made })
      : step === 'serve'
        ? await serve(trx, { ...parts, rows })
        : await retire(trx, { ...parts, rows })
    await recordAudit(trx, [unaskedEntry('change-certificate-authority', now, { resourceId: `ca/${step}` })])
    return { step, ...change }
  })
}

type Outcome = Omit<AuthorityChange, 'step'>
type Parts = AuthorityChangeParts & { rows: readonly AuthorityRow[] }

async function prepare(
  trx: Transaction<Schema>,
  { rows, made, encryptionKey, now }: Parts & { made: { certificate: string; key: string } },
): Promise<Outcome> {
  if (rows.filter(({ retired_at }) => retired_at === null).length > 1) {
    throw new StorageError('ca_change_underway')
  }
  const id = randomUUID()
  const { certificate, key } = made
  const private_key = sealText(await sealingKey(trx, encryptionKey), placeOf(id), key)
  const row = { id, certificate, private_key, created_at: now.getTime() }
  await trx.insertInto('certificate_authority').values(row).execute()
  return { certificate, machines: await countUntold(trx, now) }
}

async function serve(trx: Transaction<Schema>, { rows, now, force }: Parts): Promise<Outcome> {
  const next = waitingAuthority(rows)
  if (!next) throw new StorageError('ca_change_missing')
  const told = next.created_at + SETTLED_MILLISECONDS
  if (!force && now.getTime() < told) throw new StorageError('ca_change_early')
  const machines = await countUntold(trx, new Date(told))
  if (machines > 0 && !force)
    throw new StorageError('ca_unknown_to_machines', { detail: `${machines} machines` })
  await trx
    .updateTable('certificate_authority')
    .set({ serves_from: now.getTime() })
    .where('id', '=', next.id)
    .execute()
  return { certificate: next.certificate, machines }
}

async function retire(trx: Transaction<Schema>, { rows, now, force }: Parts): Promise<Outcome> {
  const serving = servingAuthority(rows)
  const former = rows.filter(({ id, retired_at }) => id !== serving.id && retired_at === null)
  const [first] = former
  if (!first || waitingAuthority(rows)) throw new StorageError('ca_change_missing')
  const settled = (serving.serves_from ?? 0) + SETTLED_MILLISECONDS
  if (!force && now.getTime() < settled) throw new StorageError('ca_change_early')
  await trx
    .updateTable('certificate_authority')
    .set({ retired_at: now.getTime() })
    .where(
      'id',
      'in',
      former.map(({ id }) => id),
    )
    .execute()
  return { certificate: first.certificate, machines: 0 }
}

/** Machines that may come back and have sent no heartbeat since `time`. */
async function countUntold(trx: Transaction<Schema>, time: Date): Promise<number> {
  const { machines } = await trx
    .selectFrom('presence')
    .select(({ fn }) => fn.countAll<number>().as('machines'))
    .where((where) =>
      where.or([where('last_heartbeat_at', 'is', null), where('last_heartbeat_at', '<', time.getTime())]),
    )
    .executeTakeFirstOrThrow()
  return machines
}
