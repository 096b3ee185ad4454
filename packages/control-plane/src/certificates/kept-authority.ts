/**
 * The certificate authority in the database, which all replicas share: its key is sealed, and its certificate is
 * written to each state folder as well, for clients.
 *
 * @module
 */

import type { Kysely } from 'kysely'
import type { Schema } from '../storage/schema.ts'
import { type EncryptionKey, openText, sealText } from '../storage/sealed-text.ts'
import { readStateFile, STATE_FILE, writeStateFile } from '../storage/state-folder.ts'
import type { Storage } from '../storage/storage.ts'
import {
  type CertificateAuthority,
  certificateAuthorityOf,
  generateCertificateAuthority,
} from './certificate-authority.ts'

/** There is one authority, so that its row can be made only once. */
const AUTHORITY_ID = 'landfast'

const SEALED_PLACE = `certificate_authority/${AUTHORITY_ID}`

/**
 * Opens the authority, or makes it if there is none: of replicas that race for it, all get the same.
 *
 * @throws {StorageError} `encryption_key_wrong` or `sealed_text_damaged`.
 */
export async function openCertificateAuthority(options: {
  storage: Storage
  encryptionKey: EncryptionKey
  folder: string
  now: () => Date
}): Promise<CertificateAuthority> {
  const { storage, encryptionKey, folder, now } = options
  const row = (await readAuthority(storage.db)) ?? (await makeAuthority(storage, encryptionKey, now()))
  const key = openText(encryptionKey, SEALED_PLACE, row.private_key)
  const file = await readStateFile(folder, STATE_FILE.caCertificate)
  if (file !== row.certificate) await writeStateFile(folder, STATE_FILE.caCertificate, row.certificate)
  return certificateAuthorityOf({ certificate: row.certificate, key }, now)
}

type AuthorityRow = Pick<Schema['certificate_authority'], 'certificate' | 'private_key'>

function readAuthority(db: Kysely<Schema>): Promise<AuthorityRow | undefined> {
  return db
    .selectFrom('certificate_authority')
    .select(['certificate', 'private_key'])
    .where('id', '=', AUTHORITY_ID)
    .executeTakeFirst()
}

async function makeAuthority(
  storage: Storage,
  encryptionKey: EncryptionKey,
  now: Date,
): Promise<AuthorityRow> {
  const { certificate, key } = await generateCertificateAuthority(now)
  const made = { certificate, private_key: sealText(encryptionKey, SEALED_PLACE, key) }
  return storage.change(async (trx) => {
    const kept = await readAuthority(trx)
    if (kept) return kept
    const row = { id: AUTHORITY_ID, ...made, created_at: now.getTime() }
    await trx.insertInto('certificate_authority').values(row).execute()
    return made
  })
}
