import { execFile } from 'node:child_process'
import { readFile, stat, symlink } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../testing/trial.ts'
import { joinLines } from './join-lines.ts'

const run = promisify(execFile)
const TOKEN = 'lfjt1.eyJ1Ijoi_-x'

const LINES = joinLines(TOKEN).map(({ title, line }) => ({ title, line }))

test.each(LINES)(
  'a shell reads the line of "$title", which names no version and no processor',
  async ({ line }) => {
    await run('sh', ['-n', '-c', line])
    expect(line).not.toMatch(/\d+\.\d+\.\d+|amd64|x86|x64|arm64/)
    expect(line).toContain(`'${TOKEN}'`)
  },
)

test('the line for cloud-init puts the token into the document, in a file that only its maker can read', async () => {
  const folder = await temporaryFolder()
  const packaging = fileURLToPath(new URL('../../../../../packaging', import.meta.url))
  await symlink(packaging, `${folder}/packaging`)
  const { line = '' } = LINES.find(({ title }) => title.includes('cloud-init')) ?? {}
  await run('sh', ['-c', line], { cwd: folder })
  const [written, document] = await Promise.all([
    readFile(`${folder}/user-data.yaml`, 'utf8'),
    readFile(`${packaging}/cloud-init/landfast.yaml`, 'utf8'),
  ])
  expect(written).toBe(document.replace('content: JOIN_TOKEN', `content: ${TOKEN}`))
  expect((await stat(`${folder}/user-data.yaml`)).mode & 0o777).toBe(0o600)
})
