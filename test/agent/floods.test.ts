/** Whatever one caller does, the agent stays within its bounds and the next caller is served. */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { KEYS_ALIVE_MAX, styleOf } from '@landfast/protocol'
import { expect, onTestFinished, test } from 'vitest'
import { testWith } from '../privilege.ts'
import { childCommand, startChild } from './child.ts'
import { get, RawConnection } from './raw-http.ts'
import { presentKey, startAgent, TOKEN_HEADERS, TOKEN_TARGET, takeKey } from './running-agent.ts'
import { parametersOf, startStyles } from './style-endpoints.ts'
import { temporaryFolder } from './temporary-folder.ts'

function flood(port: number, count: number) {
  return startChild(childCommand('flood-program.ts', `${port}`, `${count}`, TOKEN_TARGET, ...TOKEN_HEADERS))
}

function countKeyFiles(folder: string): number {
  return readdirSync(folder).filter((name) => name.endsWith('.key')).length
}

test('20,000 challenges that nobody answers: the disk is bounded, and a caller is served meanwhile', async () => {
  const { arc, keyFolder, clock } = await startAgent()
  const flooded = flood(arc.port, 20_000).read()
  let over = false
  flooded.finally(() => {
    over = true
  })
  let served = 0
  while (!over) {
    expect((await presentKey(arc, await takeKey(arc))).status).toBe(200)
    expect(countKeyFiles(keyFolder)).toBeLessThanOrEqual(KEYS_ALIVE_MAX + 5)
    served += 1
  }
  expect(await flooded).toMatchObject({ answered: expect.any(Number), userId: expect.any(Number) })
  expect(served).toBeGreaterThan(3)
  clock.pass(61)
  for (let round = 0; round < 60; round += 1) await presentKey(arc, await takeKey(arc))
  expect(countKeyFiles(keyFolder)).toBeLessThan(100)
})

test('1,500 connections that say nothing: a caller is served', async () => {
  const { arc, appService } = await startAgent()
  const idle = Array.from({ length: 1500 }, (_, index) => new RawConnection(index % 2 ? arc : appService))
  expect((await presentKey(arc, await takeKey(arc))).status).toBe(200)
  await expect.poll(() => idle.filter(({ ended }) => ended).length).toBeGreaterThanOrEqual(1500 - 2 * 512)
  expect((await presentKey(arc, await takeKey(arc))).status).toBe(200)
})

testWith(['linux'], 'with 1,024 descriptors, both floods at once use up not all of them', async () => {
  const keyFolder = join(temporaryFolder(), 'tokens')
  const options = JSON.stringify({ endpoints: [{ style: 'arc', port: 0, keyFolder }] })
  const limited = [
    'sh',
    '-c',
    'ulimit -n 1024; exec "$@"',
    'sh',
    ...childCommand('agent-program.ts', options),
  ]
  const agent = startChild(limited)
  const { urls } = (await agent.read()) as { urls: [string] }
  const arc = { port: Number(new URL(urls[0]).port) }
  const idle = Array.from({ length: 600 }, () => new RawConnection(arc))
  await flood(arc.port, 5000).read()
  expect((await presentKey(arc, await takeKey(arc))).status).toBe(200)
  expect(idle.some(({ ended }) => ended)).toBe(true)
})

testWith(
  ['linux'],
  'with no descriptor left, the agent goes on and serves again when there is one',
  async () => {
    const keyFolder = join(temporaryFolder(), 'tokens')
    const options = JSON.stringify({ endpoints: [{ style: 'arc', port: 0, keyFolder }] })
    const agent = startChild([
      'sh',
      '-c',
      'ulimit -n 100; exec "$@"',
      'sh',
      ...childCommand('agent-program.ts', options),
    ])
    const { urls } = (await agent.read()) as { urls: [string] }
    const arc = { port: Number(new URL(urls[0]).port) }
    const idle = Array.from({ length: 300 }, () => new RawConnection(arc))
    await expect.poll(() => idle.some(({ ended }) => ended)).toBe(true)
    for (const { socket } of idle) socket.destroy()
    await expect
      .poll(async () => (await presentKey(arc, await takeKey(arc))).status, { timeout: 60_000 })
      .toBe(200)
    expect(agent.process.exitCode).toBeNull()
  },
)

test('requests that wait for the authority on every connection keep out nobody who asks', async () => {
  const { locationOf, source, agent } = await startStyles({ endpoints: [{ style: 'vm' }] })
  const gate = Promise.withResolvers<void>()
  onTestFinished(() => gate.resolve())
  source.gate = gate.promise
  const { port } = new URL(locationOf('vm').url)
  const request = (target: string) => get(target, 'Host: 127.0.0.1', 'Metadata: true')
  const token = request(`${styleOf('vm').path}?${parametersOf('vm')}`)
  const open = () => new RawConnection({ port: Number(port) })
  const waiting = Array.from({ length: 512 }, open)
  for (const connection of waiting) connection.send(token)
  await expect.poll(() => source.asked.length).toBeGreaterThan(0)
  for (let round = 0; round < 20; round += 1) {
    const another = open()
    another.send(request('/unknown'))
    expect((await another.read())?.status).toBe(404)
    another.send(token)
  }
  gate.resolve()
  expect(waiting.filter(({ ended }) => !ended).length).toBeGreaterThan(480)
  await agent.stop()
})
