/** What an administrator of many servers does: real processes against a real control plane. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCommand, type TestCommand } from '../cli/command.ts'
import { type AdministeredSite, startAdministered } from './administered-site.ts'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

const MACHINES = { apiVersion: '2024-07-10' }
const GROUPS = { apiVersion: '2024-11-01' }
const DAY_SECONDS = 86_400

/** Makes machines `daysAgo` in the group "web", with the tag "age". */
async function addMachines(site: AdministeredSite, names: readonly string[], daysAgo = 0): Promise<void> {
  site.clock.advance(-daysAgo * DAY_SECONDS)
  const client = await site.newClient()
  const group = `/subscriptions/${site.administrator.subscriptionId}/resourceGroups/web`
  await client.call('PUT', group, { ...GROUPS, body: { location: 'cellar' } })
  for (const name of names) {
    const path = `${group}/providers/Microsoft.HybridCompute/machines/${name}`
    const body = { location: 'cellar', tags: { age: `${daysAgo}` }, identity: { type: 'SystemAssigned' } }
    await client.call('PUT', path, { ...MACHINES, body })
  }
  site.clock.advance(daysAgo * DAY_SECONDS)
}

function namesIn(stdout: string): string[] {
  return JSON.parse(stdout).map(({ name }: { name: string }) => name)
}

test('machines: found by filters, tagged, and removed once they were not seen for long', async () => {
  const site = await startAdministered(command)
  await addMachines(site, ['dead-1', 'dead-2'], 40)
  await addMachines(site, ['fresh'])
  const machine = (...args: string[]) => site.run('machine', ...args)
  const list = async (...args: string[]) => namesIn((await machine('list', '--json', ...args)).stdout)
  expect(await list()).toEqual(['dead-1', 'dead-2', 'fresh'])
  expect(await list('--not-seen-for', '30d')).toEqual(['dead-1', 'dead-2'])
  expect(await list('--tag', 'age=0', '--status', 'AwaitingConnection', '-g', 'web')).toEqual(['fresh'])
  expect(await list('--search', 'DEAD-', '--order-by', 'name')).toEqual(['dead-1', 'dead-2'])
  expect(await list('--order-by', 'heartbeat', '-g', 'web')).toHaveLength(3)
  expect((await machine('list', '--order-by', 'age')).code).toBe(23)
  const counted = await machine('summary')
  expect(counted).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^status +: AwaitingConnection 3$/m),
  })
  expect(JSON.parse((await machine('summary', '-g', 'web', '--json')).stdout)).toMatchObject({ machines: 3 })
  expect((await machine('list', '--status', 'Connected')).stderr).toBe('landfast: there are none\n')
  expect((await machine('list', '--status', 'Gone')).code).toBe(23)
  expect((await machine('list', '--agent-older-than', 'newest')).code).toBe(1)

  const tag = (...args: string[]) => machine('tag', 'fresh', '-g', 'web', ...args)
  expect(await tag('env=prod', 'rack=7', '--remove', 'AGE', '--remove', 'none')).toMatchObject({
    code: 0,
    stdout: 'env=prod, rack=7\n',
  })
  expect(JSON.parse((await tag('rack=8', '--json')).stdout).tags).toEqual({ env: 'prod', rack: '8' })
  expect((await tag()).code).toBe(16)
  expect((await tag('env')).code).toBe(23)
  expect((await machine('tag', 'nothing', 'a=b', '-g', 'web')).code).toBe(1)

  const remove = (...args: string[]) => machine('remove', '--not-seen-for', '30d', ...args)
  const dry = await remove()
  expect(dry).toMatchObject({ code: 0, stdout: expect.stringMatching(/^dead-1 .*\ndead-2 /m) })
  expect(dry.stderr).toContain('nothing was deleted')
  expect(await list()).toEqual(['dead-1', 'dead-2', 'fresh'])
  const removed = await remove('--yes')
  expect(removed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^removed +\/.*dead-2$/m) })
  expect(removed.stderr).toContain('deleted 2 of 2 machines')
  expect(await remove('--yes')).toMatchObject({ code: 0, stderr: expect.stringContaining('deleted 0 of 0') })
  expect(await list()).toEqual(['fresh'])
  const audit = (...args: string[]) => site.run('control-plane', 'audit', ...args)
  const deletions = await audit('--machine', 'dead-1', '--action', 'delete-machine', '--outcome', 'done')
  expect(deletions.stdout.split('\n')).toEqual([expect.stringMatching(/ \(\S+\) .*dead-1 /), ''])
  expect((await audit('--until', '1h', '--since', '2h')).stdout).toBe('')
  expect((await audit('--audience', 'HTTPS://management.azure.com/')).stdout).toMatch(/ issue-token /)
  expect((await audit('--audience', 'https://none.example')).stdout).toBe('')
  // What is asked again meanwhile counts in its entry, which has another count then.
  const ids = async (...args: string[]) =>
    (await audit('--json', ...args)).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).id)
  const [newest] = await ids('--newest-first')
  expect(await ids('--id', newest)).toEqual([newest])
  expect((await audit('--caller', 'nobody')).code).toBe(1)
  expect((await machine('remove', '--yes')).code).toBe(16)
  expect((await machine('remove', '--not-seen-for', '23h', '--yes')).code).toBe(23)
})

test('a reader that has seen enough ends the list, without a complaint', async () => {
  const site = await startAdministered(command)
  await addMachines(site, ['a', 'b', 'c'])
  const { stdout, stderr } = await command.run(['machine', 'list'], {
    env: site.home('administrator'),
    prefix: ['sh', '-c', '"$@" | head -n 1', 'sh'],
  })
  expect([stdout.startsWith('NAME'), stderr]).toEqual([true, ''])
})
