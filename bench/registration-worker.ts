/**
 * The process in which registrations are measured: the bare disk, one row of the storage, and whole registrations,
 * all in one folder.
 *
 * @module
 */

import { createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { unaskedEntry } from '../packages/control-plane/src/audit/audit-entry.ts'
import { recordAudit } from '../packages/control-plane/src/audit/audit-trail.ts'
import type { CertificateAuthority } from '../packages/control-plane/src/certificates/certificate-authority.ts'
import { openCertificateAuthority } from '../packages/control-plane/src/certificates/kept-authority.ts'
import { insertTenant, newTenant } from '../packages/control-plane/src/registry/tenant.ts'
import { openEncryptionKey } from '../packages/control-plane/src/storage/encryption-key.ts'
import { createGroupCommit } from '../packages/control-plane/src/storage/group-commit.ts'
import { migrate } from '../packages/control-plane/src/storage/migrations.ts'
import { openStorage } from '../packages/control-plane/src/storage/open-storage.ts'
import type { Storage } from '../packages/control-plane/src/storage/storage.ts'
import {
  createTrialMachines,
  type TrialMachines,
} from '../packages/control-plane/src/testing/trial-machines.ts'
import { work } from './worker.ts'

/** What is done, how often, and how many at once. */
export interface RegistrationLoad {
  what: 'sync' | 'row' | 'certificate' | 'registration'
  count: number
  lanes: number
}

/** As much as SQLite writes at least: one page. */
const PAGE_BYTES = 4096

const [parent = ''] = process.argv.slice(2)
const folder = mkdtempSync(join(parent, 'landfast-bench-'))
const now = () => new Date()
const opening = open()

work<RegistrationLoad, number>(
  async ({ what, count, lanes }) => {
    const { [what]: prepare } = await opening
    return perSecond(Array.from({ length: count }, prepare), lanes)
  },
  async () => {
    await (await opening).close()
    rmSync(folder, { recursive: true })
  },
)

type Step = () => unknown

/** For each thing that is measured, what prepares one of it, outside of the time. */
async function open(): Promise<Record<RegistrationLoad['what'], () => Step> & { close(): Promise<void> }> {
  const file = openSync(join(folder, 'bare'), 'a')
  const storage = await openStorage({ stateFolder: folder, log: pino({ enabled: false }) })
  const { registry, certificates } = await openRegistry(storage)
  return {
    sync: () => () => {
      writeSync(file, Buffer.alloc(PAGE_BYTES, 1))
      fdatasyncSync(file)
    },
    row: rowWriter(storage),
    certificate: () => {
      const publicKey = createPublicKey(newPublicKey())
      return () => certificates.certifyMachine(publicKey, randomUUID())
    },
    registration: () => {
      const registration = { name: `bench-${randomUUID()}`, publicKey: newPublicKey() }
      return () => registry.registerMachine(registration)
    },
    close: async () => {
      closeSync(file)
      await storage.close()
    },
  }
}

async function openRegistry(
  storage: Storage,
): Promise<{ registry: TrialMachines; certificates: CertificateAuthority }> {
  await migrate(storage, now())
  const encryptionKey = await openEncryptionKey({ folder, storage, shared: false })
  const tenant = newTenant()
  await storage.change((trx) => insertTenant(trx, tenant, now()))
  const certificates = await openCertificateAuthority({ storage, encryptionKey, folder, now })
  return { certificates, registry: createTrialMachines({ storage, certificates, ...tenant, now }) }
}

/** A row of the audit trail, in a commit that those of the same moment share. */
function rowWriter(storage: Storage): () => Step {
  const submit = createGroupCommit(
    (entries: readonly ReturnType<typeof unaskedEntry>[]) =>
      storage.append(async (trx) => {
        await recordAudit(trx, entries)
        return entries
      }),
    { lanes: storage.lanes },
  )
  return () => {
    const subject = { clientId: randomUUID(), principalId: randomUUID() }
    return () => submit(unaskedEntry('register-machine', now(), subject))
  }
}

function newPublicKey(): string {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return publicKey.export({ format: 'pem', type: 'spki' }).toString()
}

async function perSecond(steps: readonly Step[], lanes: number): Promise<number> {
  const waiting = steps.values()
  const began = performance.now()
  const lane = async () => {
    for (const step of waiting) await step()
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return (steps.length * 1000) / (performance.now() - began)
}
