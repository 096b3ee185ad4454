import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { type AuditEntry, unaskedEntry } from '../audit/audit-entry.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import { createControlPlane } from '../control-plane.ts'
import { startTrial, temporaryFolder } from '../testing/trial.ts'
import { migrate } from './migrations.ts'
import { openSqlite } from './sqlite.ts'
import { STATE_FILE } from './state-folder.ts'

test('the folder is made with mode 0700 and every file in it has 0600, even under a lax umask', async () => {
  const stateFolder = join(await temporaryFolder(), 'a', 'state')
  const umask = process.umask(0)
  try {
    await startTrial({ stateFolder, database: 'sqlite' })
  } finally {
    process.umask(umask)
  }
  expect((await stat(stateFolder)).mode & 0o777).toBe(0o700)
  const files = await readdir(stateFolder)
  expect(files.sort()).toEqual([
    'administrator.json',
    'ca.pem',
    'encryption-key',
    'landfast.db',
    'landfast.db-wal',
    'server-key.pem',
    'server.pem',
  ])
  for (const file of files) expect((await stat(join(stateFolder, file))).mode & 0o777).toBe(0o600)
})

test('a folder that others may enter is refused and left as it is', async () => {
  const stateFolder = await temporaryFolder()
  await writeFile(join(stateFolder, 'mine'), '')
  await chmod(stateFolder, 0o750)
  const starting = createControlPlane({ stateFolder }).start()
  await expect(starting).rejects.toMatchObject({ code: 'folder_open' })
  expect(await readdir(stateFolder)).toEqual(['mine'])
  expect((await stat(stateFolder)).mode & 0o777).toBe(0o750)
})

test('a file in the place of the folder is refused', async () => {
  const stateFolder = join(await temporaryFolder(), 'state')
  await writeFile(stateFolder, '')
  const starting = createControlPlane({ stateFolder }).start()
  await expect(starting).rejects.toMatchObject({ code: 'folder_not_usable' })
})

test('a second control plane on the same folder is refused, and may start when the first has stopped', async () => {
  const { controlPlane, stateFolder } = await startTrial({ database: 'sqlite' })
  const second = createControlPlane({ stateFolder })
  await expect(second.start()).rejects.toMatchObject({ code: 'storage_in_use' })
  await controlPlane.stop()
  await second.start()
  await second.stop()
})

test('a database that a newer version wrote is refused', async () => {
  const { controlPlane, stateFolder } = await startTrial({ database: 'sqlite' })
  await controlPlane.stop()
  const database = new DatabaseSync(join(stateFolder, 'landfast.db'))
  database.exec('insert into migration values (999, 0)')
  database.close()
  await expect(controlPlane.start()).rejects.toMatchObject({ code: 'storage_newer' })
})

test('a file that is no database is refused', async () => {
  const stateFolder = join(await temporaryFolder(), 'state')
  await mkdir(stateFolder, { mode: 0o700 })
  await writeFile(join(stateFolder, 'landfast.db'), 'x'.repeat(8192))
  const starting = createControlPlane({ stateFolder }).start()
  await expect(starting).rejects.toMatchObject({ code: 'state_damaged' })
})

test('the write-ahead log stays short, whatever was written before', async () => {
  const folder = await temporaryFolder()
  const storage = openSqlite(join(folder, STATE_FILE.database))
  onTestFinished(() => storage.close())
  await migrate(storage, new Date(0))
  const log = join(folder, `${STATE_FILE.database}-wal`)
  const write = (count: number, length: number) =>
    storage.change((trx) =>
      recordAudit(
        trx,
        Array.from({ length: count }, () => entryOf(length)),
      ),
    )
  await write(1_000, 500)
  for (let count = 0; count < 200; count += 1) await write(10, 500)
  expect((await stat(log)).size).toBeLessThanOrEqual(2_000_000)
})

function entryOf(length: number): AuditEntry {
  return { ...unaskedEntry('issue-token', new Date(0)), resourceId: randomBytes(length / 2).toString('hex') }
}
