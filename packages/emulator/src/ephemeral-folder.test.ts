import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { isAbsolute, join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { testWith, UNSHARE_MOUNTS } from '../../../test/privilege.ts'
import { createEmulator } from './emulator.ts'

let base: string
let folder: string
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'ephemeral-test-'))
})
beforeEach(async () => {
  folder = await mkdtemp(join(base, 'tmp-'))
  vi.stubEnv('TMPDIR', folder)
})
afterEach(() => void vi.unstubAllEnvs())
afterAll(() => rm(base, { recursive: true }))

const PROGRAM = `
import { createEmulator } from ${JSON.stringify(new URL('./emulator.ts', import.meta.url).href)}
await createEmulator()
console.log('ready')
setInterval(() => {}, 60_000)`

/** A process that has an emulator, which nothing stops. */
async function startProcess() {
  const args = ['--conditions=source', '--input-type=module', '--eval', PROGRAM]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return child
}

describe('the folder of an emulator', () => {
  test('is removed by the next one if its process was killed, and not while that runs', async () => {
    const child = await startProcess()
    const [left = ''] = await readdir(folder)
    await (await createEmulator()).stop()
    expect(await readdir(folder)).toEqual([left])
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await readdir(folder)).toEqual([left])
    await (await createEmulator()).stop()
    expect(await readdir(folder)).toEqual([])
  })

  test('is found from anywhere, also where TMPDIR is relative', async () => {
    vi.stubEnv('TMPDIR', relative(process.cwd(), folder))
    await using emulator = await createEmulator()
    expect(isAbsolute(emulator.caFile)).toBe(true)
  })

  test.each([
    ['is not there', async () => join(folder, 'nowhere'), 'it does not exist'],
    ['is a file', async () => await fileIn(folder), 'a part of its path is no folder'],
  ])('has to be where TMPDIR leads; if that %s, it is said so', async (_, make, reason) => {
    const path = await make()
    vi.stubEnv('TMPDIR', path)
    await expect(createEmulator()).rejects.toMatchObject({
      code: 'folder_unusable',
      message: expect.stringMatching(new RegExp(`"${path}": ${reason}.*TMPDIR`)),
    })
  })

  test('that cannot be written to is named', async ({ skip }) => {
    skip(process.getuid?.() === 0, 'root may write everywhere')
    await chmod(folder, 0o500)
    await expect(createEmulator()).rejects.toMatchObject({ code: 'folder_unusable' })
  })

  for (const kibibytes of [8, 64, 300]) {
    testWith(
      ['namespaces'],
      `is named where its disk is full after ${kibibytes} KiB, and not left`,
      async () => {
        expect(await reportFromDisk(kibibytes)).toMatch(
          /^EmulatorError folder_unusable .*"\/.*its disk is full.*; left: 0\n$/,
        )
      },
    )
  }
})

async function fileIn(parent: string): Promise<string> {
  const path = join(parent, 'file')
  await writeFile(path, '')
  return path
}

const REPORT = `
import { readdirSync } from 'node:fs'
import { createEmulator } from ${JSON.stringify(new URL('./emulator.ts', import.meta.url).href)}
const error = await createEmulator().catch((error) => error)
console.log(error.name, error.code, error.message + '; left: ' + readdirSync(process.env.TMPDIR).length)`

/** What is reported where the temporary folder is a disk of this size. */
async function reportFromDisk(kibibytes: number): Promise<string> {
  const mount = `mount -n -t tmpfs -o size=${kibibytes}k landfast "$TMPDIR" && exec "$@"`
  const node = [process.execPath, '--conditions=source', '--input-type=module', '--eval', REPORT]
  const [program, ...rest] = [...UNSHARE_MOUNTS, 'sh', '-c', mount, 'sh', ...node]
  return await text(spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] }).stdout)
}
