import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { bundleAgent } from './bundle-agent.ts'

test('the agent that servers run holds nothing of the emulator, and so no faults', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'landfast-bundle-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const root = fileURLToPath(new URL('..', import.meta.url))
  const { metafiles } = await bundleAgent(folder, root, {
    bundle: true,
    platform: 'node',
    conditions: ['source'],
  })
  const files = metafiles.flatMap(({ inputs }) => Object.keys(inputs))
  expect(files).toContain('../agent/src/agent.ts')
  expect(files.filter((file) => file.includes('emulator'))).toEqual([])
})
