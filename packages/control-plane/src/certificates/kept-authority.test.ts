import { X509Certificate } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../testing/trial.ts'
import { DATABASES } from '../testing/trial-database.ts'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import { openCertificateAuthority } from './kept-authority.ts'

const now = () => new Date()

describe.each(DATABASES)('on %s', (database) => {
  test('all replicas have the same authority, and each writes its certificate to its own folder', async () => {
    const { storage, encryptionKey, certificates } = await openTrialRegistry(now, { database })
    const folder = await temporaryFolder()
    const other = await openCertificateAuthority({ storage, encryptionKey, folder, now })
    expect(other.certificate).toBe(certificates.certificate)
    expect(await readFile(`${folder}/ca.pem`, 'utf8')).toBe(certificates.certificate)
  })

  test('of two that make it at the same time, both get the one that was written', async () => {
    const { storage, encryptionKey, db } = await openTrialRegistry(now, { database })
    await db.deleteFrom('certificate_authority').execute()
    const folders = [await temporaryFolder(), await temporaryFolder()]
    const opened = await Promise.all(
      folders.map((folder) => openCertificateAuthority({ storage, encryptionKey, folder, now })),
    )
    const files = await Promise.all(folders.map((folder) => readFile(`${folder}/ca.pem`, 'utf8')))
    expect(new Set([...opened.map(({ certificate }) => certificate), ...files]).size).toBe(1)
  })

  test('a lost ca.pem comes back as it was', async () => {
    const { storage, encryptionKey, folder, certificates } = await openTrialRegistry(now, { database })
    await rm(`${folder}/ca.pem`)
    await openCertificateAuthority({ storage, encryptionKey, folder, now })
    const kept = new X509Certificate(await readFile(`${folder}/ca.pem`))
    expect(kept.fingerprint256).toBe(new X509Certificate(certificates.certificate).fingerprint256)
  })

  test('its key is not in the database in clear', async () => {
    const { db } = await openTrialRegistry(now, { database })
    const row = await db.selectFrom('certificate_authority').selectAll().executeTakeFirstOrThrow()
    expect(row.private_key).toMatch(/^lfs1\./)
  })
})
