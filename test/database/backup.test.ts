/** Backups of a control plane that runs and writes, and what becomes of them when a process is killed or a disk is full. */

import { once } from 'node:events'
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { chmod, mkdir, readFile, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { backUpControlPlane, restoreControlPlane } from '@landfast/control-plane'
import { expect, test } from 'vitest'
import {
  askForToken,
  registerTrialMachine,
  startTrial,
  temporaryFolder,
} from '../../packages/control-plane/src/testing/trial.ts'
import { until } from '../../packages/control-plane/src/testing/waiting.ts'
import { childCommand, startChild } from '../agent/child.ts'
import { testWith } from '../privilege.ts'
import { mountSmallDisk } from './small-disk.ts'

/** Rows all over a file of some megabytes. */
const MACHINES = 4_000

/** A control plane in a process of its own that writes the same into every row again and again. */
async function startWriting(stateFolder: string, machines: number) {
  const operatorSocket = join(stateFolder, 'operator.sock')
  const options = JSON.stringify({ stateFolder, operatorSocket, machines })
  const program = startChild(childCommand(new URL('./writing-program.ts', import.meta.url), options))
  await program.read()
  return program
}

function backupCommand(...words: string[]): string[] {
  return childCommand(new URL('./backup-program.ts', import.meta.url), ...words)
}

/** A backup that waits in the middle of its copy. */
async function startBackup(stateFolder: string, file: string) {
  const program = startChild(backupCommand(stateFolder, file, 'pause'))
  expect(await program.read()).toEqual({ copying: true })
  return program
}

/** What the writer wrote last, in a backup; they differ where it was caught in the middle of a transaction. */
function writtenIn(file: string): Set<unknown> {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const rows = database.prepare('select distinct host_name from presence').all()
    return new Set(rows.map(({ host_name }) => host_name))
  } finally {
    database.close()
  }
}

/** A control plane in this process that an operator can reach, with one machine. */
async function startReachable() {
  const stateFolder = await temporaryFolder()
  const operatorSocket = join(stateFolder, 'operator.sock')
  const trial = await startTrial({ stateFolder, operatorSocket, database: 'sqlite' })
  return { ...trial, machine: await registerTrialMachine(trial) }
}

test('a backup that is made while the control plane writes is whole, of one moment, and for its owner alone', async () => {
  const [stateFolder, folder] = [await temporaryFolder(), await temporaryFolder()]
  await startWriting(stateFolder, MACHINES)
  const umask = process.umask(0)
  const files = ['one', 'two', 'three'].map((name) => join(folder, name))
  try {
    for (const file of files) await backUpControlPlane({ stateFolder }, { file, isRunning: true })
  } finally {
    process.umask(umask)
  }
  expect(readdirSync(folder).sort()).toEqual(['one', 'three', 'two'])
  for (const file of files) {
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(writtenIn(file).size).toBe(1)
  }
  expect(writtenIn(files[0] as string)).not.toEqual(writtenIn(files[2] as string))
})

test('a machine goes on with a control plane that was restored from a backup', async () => {
  const { controlPlane, machine, stateFolder, clock } = await startReachable()
  const { port } = new URL(controlPlane.url)
  const file = join(await temporaryFolder(), 'backup')
  await backUpControlPlane({ stateFolder }, { file, isRunning: true })
  await chmod(file, 0o644)
  const { caFile } = controlPlane
  const ca = await readFile(caFile, 'utf8')
  await controlPlane.stop()
  const restoredFolder = join(await temporaryFolder(), 'state')
  expect(await restoreControlPlane({ stateFolder: restoredFolder }, file)).toEqual({ machines: 1 })
  expect(statSync(join(restoredFolder, 'landfast.db')).mode & 0o777).toBe(0o600)
  const restored = await startTrial({ stateFolder: restoredFolder, port: Number(port), database: 'sqlite' })
  expect(await readFile(restored.controlPlane.caFile, 'utf8')).toBe(ca)
  expect(restored.controlPlane.administratorFile).toBeDefined()
  const { status } = await askForToken(machine, { controlPlane: restored.controlPlane, clock })
  expect(status).toBe(200)
})

test('a backup that was killed leaves nothing under its name, and the control plane goes on as before', async () => {
  const [stateFolder, folder] = [await temporaryFolder(), await temporaryFolder()]
  const writing = await startWriting(stateFolder, MACHINES)
  const file = join(folder, 'backup')
  const program = await startBackup(stateFolder, file)
  await program.end('SIGKILL')
  expect(existsSync(file)).toBe(false)
  const [partial = ''] = readdirSync(folder)
  const elsewhere = { stateFolder: join(folder, 'state') }
  await expect(restoreControlPlane(elsewhere, join(folder, partial))).rejects.toMatchObject({
    code: 'backup_damaged',
  })
  // Were the file still held, the log would grow for ever.
  await until(async () => statSync(join(stateFolder, 'landfast.db-wal')).size <= 2_000_000)
  await backUpControlPlane({ stateFolder }, { file, isRunning: true })
  expect(writtenIn(file).size).toBe(1)
  await writing.end('SIGKILL')
})

test('a control plane that is killed while it is backed up makes the backup fail, and starts again', async () => {
  const [stateFolder, folder] = [await temporaryFolder(), await temporaryFolder()]
  const writing = await startWriting(stateFolder, MACHINES)
  const file = join(folder, 'backup')
  const program = await startBackup(stateFolder, file)
  const ended = once(program.process, 'exit')
  await writing.end('SIGKILL')
  program.process.stdin?.write('go on\n')
  expect(await ended).toEqual([1, null])
  expect(program.stderr).toContain('operator_unreachable')
  expect(readdirSync(folder)).toEqual([])
  await startTrial({ stateFolder, database: 'sqlite' })
})

test('a backup replaces no file, and says so', async () => {
  const { stateFolder } = await startReachable()
  const file = join(await temporaryFolder(), 'backup')
  writeFileSync(file, 'precious')
  const backup = backUpControlPlane({ stateFolder }, { file, isRunning: true })
  await expect(backup).rejects.toMatchObject({ code: 'backup_exists' })
  expect(await readFile(file, 'utf8')).toBe('precious')
})

test('a restore replaces no database, and says so', async () => {
  const { stateFolder, controlPlane } = await startReachable()
  const file = join(await temporaryFolder(), 'backup')
  await backUpControlPlane({ stateFolder }, { file, isRunning: true })
  await controlPlane.stop()
  await expect(restoreControlPlane({ stateFolder }, file)).rejects.toMatchObject({ code: 'restore_occupied' })
})

test('a backup that has lost its end is refused, and the folder is left empty', async () => {
  const { stateFolder } = await startReachable()
  const folder = await temporaryFolder()
  const file = join(folder, 'backup')
  const { bytes } = await backUpControlPlane({ stateFolder }, { file, isRunning: true })
  await truncate(file, bytes - 40_960)
  const target = join(folder, 'state')
  const restored = restoreControlPlane({ stateFolder: target }, file)
  await expect(restored).rejects.toMatchObject({ code: 'backup_damaged' })
  expect(readdirSync(target)).toEqual([])
})

test('a backup without the encryption key is restored only with the key that was given before', async () => {
  const stateFolder = await temporaryFolder()
  const encryptionKey = Buffer.alloc(32, 'given').toString('base64')
  const { controlPlane } = await startTrial({ stateFolder, encryptionKey, database: 'sqlite' })
  await controlPlane.stop()
  const folder = await temporaryFolder()
  const file = join(folder, 'backup')
  const stopped = { file, isRunning: false }
  await expect(backUpControlPlane({ stateFolder }, stopped)).rejects.toMatchObject({
    code: 'encryption_key_missing',
  })
  const made = await backUpControlPlane({ stateFolder, encryptionKey }, stopped)
  expect(made).toMatchObject({ hasEncryptionKey: false })
  const target = { stateFolder: join(folder, 'state') }
  await expect(restoreControlPlane(target, file)).rejects.toMatchObject({ code: 'encryption_key_missing' })
  const other = Buffer.alloc(32, 'other').toString('base64')
  await expect(restoreControlPlane({ ...target, encryptionKey: other }, file)).rejects.toMatchObject({
    code: 'encryption_key_wrong',
  })
  await restoreControlPlane({ ...target, encryptionKey }, file)
  await startTrial({ ...target, encryptionKey, database: 'sqlite' })
})

testWith(
  ['linux', 'root', 'namespaces'],
  'on a full disk no backup is made, nothing is left of it, and the control plane goes on',
  async () => {
    const [stateFolder, folder] = [await temporaryFolder(), await temporaryFolder()]
    await startWriting(stateFolder, 0)
    const target = join(folder, 'backups')
    await mkdir(target)
    const disk = await mountSmallDisk(target, { megabytes: 2, mode: '700' })
    disk.fill()
    const program = startChild([...disk.enter, ...backupCommand(stateFolder, join(target, 'backup'))])
    const [code] = await once(program.process, 'exit')
    expect(code).toBe(1)
    expect(program.stderr).toContain('ENOSPC')
    expect(readdirSync(disk.outside)).toEqual(['ballast'])
    await rm(join(disk.outside, 'ballast'))
    await backUpControlPlane({ stateFolder }, { file: join(folder, 'backup'), isRunning: true })
  },
)
