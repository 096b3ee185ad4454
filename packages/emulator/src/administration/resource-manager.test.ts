import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createControlPlane } from '@landfast/control-plane'
import { expect, onTestFinished, test } from 'vitest'
import { openResourceManager } from './resource-manager.ts'

test('a Resource Manager is asked with a new token when the former one has ended', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'manager-test-'))
  let hours = 0
  const controlPlane = createControlPlane({
    stateFolder: join(folder, 'control-plane'),
    now: () => new Date(Date.now() + hours * 3_600_000),
  })
  await controlPlane.start()
  const { url: controlPlaneUrl, caFile, administratorFile } = controlPlane
  const manager = await openResourceManager({ controlPlaneUrl, caFile, administratorFile })
  onTestFinished(async () => {
    manager.close()
    await controlPlane.stop()
    await rm(folder, { recursive: true })
  })
  const list = () => manager.call({ method: 'GET', path: '/landfast/v1/app-role-assignments?principalId=x' })
  expect(await list()).toHaveProperty('value')
  hours = 2
  expect(await list()).toHaveProperty('value')
})
