/**
 * The certificate authorities in the database, which all replicas share: one signs, and while another takes its place clients
 * are told to trust both. Their keys are sealed, and their certificates are written to each state folder as well, for clients.
 *
 * @see docs/operations.md#changing-the-ca
 * @module
 */

import { type EncryptionKey, openText, sealText } from '../storage/sealed-text.ts'
import { readStateFile, STATE_FILE, writeStateFile } from '../storage/state-folder.ts'
import type { Storage } from '../storage/storage.ts'
import {
  type AuthorityRow,
  FIRST_AUTHORITY,
  isKnownByOthers,
  placeOf,
  readAuthorities,
  servingAuthority,
  trustedAuthorities,
} from './authority-rows.ts'
import {
  type CertificateAuthority,
  certificateAuthorityOf,
  generateCertificateAuthority,
} from './certificate-authority.ts'

/** What the authorities are kept with. */
export interface KeptAuthorityOptions {
  storage: Storage
  encryptionKey: EncryptionKey
  folder: string
  now: () => Date
}

/** The authority that signs at the moment. */
export interface KeptAuthority extends CertificateAuthority {
  /** The certificates (PEM) of every authority to be trusted, the one that signs first. */
  readonly trusted: readonly string[]
  /** Whether clients have to be told, since there was more than one. */
  readonly isChanged: boolean
  /** Reads the database; resolves to whether another authority signs than before. */
  refresh(): Promise<boolean>
}

/**
 * Opens the authorities, or makes one if there is none: of replicas that race for it, all get the same.
 *
 * @throws {StorageError} `encryption_key_wrong` or `sealed_text_damaged`.
 */
export async function openCertificateAuthority(options: KeptAuthorityOptions): Promise<KeptAuthority> {
  const { storage, encryptionKey, now } = options
  const rows = await readAuthorities(storage.db)
  if (rows.length === 0) await makeAuthority(storage, encryptionKey, now())
  let state = await load(options)
  return {
    get certificate() {
      return state.authority.certificate
    },
    get trusted() {
      return state.trusted
    },
    get isChanged() {
      return state.isChanged
    },
    certifyMachine: (...request) => state.authority.certifyMachine(...request),
    certifyAttestation: (...request) => state.authority.certifyAttestation(...request),
    certifyEntra: (...request) => state.authority.certifyEntra(...request),
    certifyServer: (...request) => state.authority.certifyServer(...request),
    refresh: async () => {
      const { id } = state
      state = await load(options, state)
      return state.id !== id
    },
  }
}

/** What was read. */
interface Loaded {
  id: string
  authority: CertificateAuthority
  trusted: readonly string[]
  isChanged: boolean
}

/** The authority of `former` is used on if it still signs. */
async function load(options: KeptAuthorityOptions, former?: Loaded): Promise<Loaded> {
  const { storage, encryptionKey, folder, now } = options
  const rows = await readAuthorities(storage.db)
  const serving = servingAuthority(rows)
  const trusted = trustedAuthorities(rows, serving)
  await writeCertificates(folder, trusted)
  const isChanged = isKnownByOthers(rows)
  if (former?.id === serving.id) return { ...former, trusted, isChanged }
  return { id: serving.id, authority: await open(serving, encryptionKey, now), trusted, isChanged }
}

function open(
  row: AuthorityRow,
  encryptionKey: EncryptionKey,
  now: () => Date,
): Promise<CertificateAuthority> {
  const key = openText(encryptionKey, placeOf(row.id), row.private_key)
  return certificateAuthorityOf({ certificate: row.certificate, key }, now)
}

async function writeCertificates(folder: string, trusted: readonly string[]): Promise<void> {
  const text = trusted.length === 1 ? (trusted[0] ?? '') : trusted.map((pem) => `${pem.trim()}\n`).join('')
  const file = await readStateFile(folder, STATE_FILE.caCertificate)
  if (file !== text) await writeStateFile(folder, STATE_FILE.caCertificate, text)
}

async function makeAuthority(storage: Storage, encryptionKey: EncryptionKey, now: Date): Promise<void> {
  const { certificate, key } = await generateCertificateAuthority(now)
  const private_key = sealText(encryptionKey, placeOf(FIRST_AUTHORITY), key)
  await storage.change(async (trx) => {
    if ((await readAuthorities(trx)).length > 0) return
    const row = { id: FIRST_AUTHORITY, certificate, private_key, created_at: now.getTime() }
    await trx.insertInto('certificate_authority').values(row).execute()
  })
}
