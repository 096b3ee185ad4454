/**
 * Errors of the folder and the database in which a control plane keeps its state.
 *
 * @module
 */

import { type Circumstances, codedError, withDetail } from '@landfast/protocol'

const ERRORS = {
  folder_not_usable: 'the state folder must be a directory of its own that this user may write',
  folder_open: 'other users may enter the state folder; run "chmod 700" on it',
  storage_in_use: 'another control plane uses this state folder; stop it or give another folder',
  storage_newer:
    'a newer version of Landfast changed this database so that this version cannot use it; start that version, or restore a backup of before',
  replicas_older:
    'this version changes the database so that the replicas of the older version which run could not go on; stop them first, one that has gone without a word is forgotten after 90 seconds',
  state_damaged: 'a file of the state folder is missing or cannot be read; restore the folder from a backup',
  encryption_key_missing:
    'the secrets of this database are sealed under an encryption key, which was not given; give it with "encryption-key-file", or for a new database make one with "openssl rand -base64 32"',
  encryption_key_malformed:
    'an encryption key must be 32 random bytes in base64 or hexadecimal; make one with "openssl rand -base64 32"',
  encryption_key_wrong:
    'the secrets of this database are sealed under another encryption key; give the key that it was first started with, or the one of the last "landfast control-plane change-encryption-key"',
  tenant_missing: 'nothing was ever kept in this database; start the control plane once',
  sealed_text_damaged:
    'a sealed secret of the database was changed or stands at the wrong place; restore the database from a backup',
  database_url_malformed: 'the database URL must be "postgresql://USER:PASSWORD@HOST:PORT/DATABASE"',
  database_unsuitable: 'the database must be PostgreSQL 14 or newer, with the encoding UTF8',
  storage_unavailable:
    'the database does not answer or cannot write; look whether it is up, lets this user in, and has connections and disk space left',
  storage_busy: 'other changes came between again and again; nothing was changed, try again',
  storage_unsettled:
    'the database was lost while it committed a change; whether the change was kept is not known, look before you repeat it',
  operator_unreachable:
    'the control plane of this state folder runs, but does not answer at its socket; look whether it is a "landfast control-plane" of this version, or stop it',
  operator_work_unknown:
    'the control plane that runs is of a version that cannot do this; upgrade it, or stop it',
  backup_postgres:
    'the database is PostgreSQL, which is backed up by its own tools; use "pg_dump" and "pg_restore"',
  backup_exists: 'the file is there already, and a backup replaces nothing; name another',
  backup_unwritable:
    'the backup cannot be written; name a file in a folder where the user of the control plane may write, on a disk that has room',
  backup_disturbed:
    'the disk of the control plane was full, so that its database was changed while it was copied; make room and try again',
  backup_unreadable: 'the backup cannot be read; look at its path and its mode',
  backup_damaged: 'the file is no whole backup of a control plane; take another one',
  restore_occupied:
    'the state folder holds a database already; name an empty folder, or move that one away first',
  storage_moved:
    'this database was moved to PostgreSQL, and what has happened since is there; start the control plane with "database-url-file", or take the move back with "landfast control-plane move --undo"',
  move_incomplete:
    'a move to this database has not come to its end; run "landfast control-plane move" again with the same settings',
  move_target_missing: 'there is no PostgreSQL database to move to; name it with "database-url-file"',
  move_target_occupied:
    'the database to move to is not empty; make a new one, a move adds nothing to rows that are there',
  move_table_unknown:
    'the database has a table that no version of Landfast makes, whose rows would be lost; drop it or keep it elsewhere first',
  replica_without_key:
    'a replica that runs does not have the new encryption key; give it the key with "encryption-key-file" and the old one with "former-encryption-key-file", and start it anew; one that has gone without a word is forgotten after 90 seconds',
  ca_foreign:
    'the certificate of the server is your own ("tls-certificate"), so that its CA is changed at the one who issued it',
  ca_change_underway:
    'another CA is on its way already; go on with "landfast control-plane change-ca serve" or "retire"',
  ca_change_missing: 'there is no CA that could take this step; the order is "prepare", "serve", "retire"',
  ca_change_early:
    'the step before was made less than a minute ago, and a replica may not know it yet; wait and try again',
  ca_unknown_to_machines:
    'machines have sent no heartbeat since the next CA was made, and would not know the control plane any more; wait for them, or leave them behind with "--force"',
  move_unequal:
    'what was read from the new database is not what was written to it; nothing was moved, look at the log of the database',
} as const

/** What may pass without anybody changing the request, so that it is worth asking again. */
const TEMPORARY: readonly StorageErrorCode[] = ['storage_unavailable', 'storage_busy', 'storage_unsettled']

/** When to ask again after such a failure: a database that is restarted is back within seconds. */
export const STORAGE_RETRY_SECONDS = 5

/** A stable code of a failure of the state folder or the database. */
export type StorageErrorCode = keyof typeof ERRORS

/** The state cannot be used. The message says what to do, and never holds a credential; `detail` names file or folder. */
export class StorageError extends codedError('StorageError', ERRORS, withDetail) {
  /** What is meant; empty if the sentence says it all. */
  readonly detail: string

  constructor(code: StorageErrorCode, given: Circumstances = {}) {
    super(code, given)
    this.detail = given.detail ?? ''
  }

  /** What the database, or the way to it, said. Callers are not told: it names hosts and users, though never a password. */
  get hint(): string | undefined {
    return this.code === 'storage_unavailable' ? innermostMessage(this.cause) : undefined
  }

  /** Whether a request that failed by this is answered with 503: the same may succeed a little later. */
  get isTemporary(): boolean {
    return TEMPORARY.includes(this.code)
  }
}

/** A name with several addresses has one failure for each. */
function innermostMessage(error: unknown): string | undefined {
  if (error instanceof AggregateError) return innermostMessage(error.errors[0])
  if (!Error.isError(error)) return undefined
  return innermostMessage(error.cause) ?? (error.message || undefined)
}
