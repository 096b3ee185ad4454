import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createEmulator } from '@landfast/emulator'
import { readFaults, SCENARIO_NAMES } from '@landfast/emulator/faults'
import { describe, expect, test } from 'vitest'

const PAGE = readFileSync(new URL('../../docs/emulator.md', import.meta.url), 'utf8')

/** What each scenario answers, up to the first token; a connection that was cut has no status, and one that was refused no request. */
const STATUSES = {
  'cold-start': [404, 500, 200],
  throttled: [429, 429, 429, 200],
  'region-down': [503, 200],
  'agent-restart': [undefined, 200],
  'identity-not-yet-known': [400, 400, 200],
}

/** Each tells of every failure of its own, and begins anew until there is a token. */
const CLIENTS = {
  '@azure/identity': `
    const { ManagedIdentityCredential } = await import('@azure/identity')
    ask = () => new ManagedIdentityCredential().getToken('api://orders/.default')`,
  '@azure/msal-node': `
    const { ManagedIdentityApplication } = await import('@azure/msal-node')
    ask = () => new ManagedIdentityApplication().acquireToken({ resource: 'api://orders' })`,
}

const APPLICATION = (client: string) => `
  let ask
  ${client}
  while (!(await ask().catch(() => console.log('failed')))) await new Promise((next) => setTimeout(next, 20))
  process.exit(0)`

describe.each(Object.keys(CLIENTS) as (keyof typeof CLIENTS)[])('%s', (client) => {
  test.each(SCENARIO_NAMES)('meets what the scenario "%s" is made of, in its order', async (name) => {
    await using emulator = await createEmulator()
    for (const fault of readFaults(name)) await emulator.fault(fault)
    const args = ['--input-type=module', '--eval', APPLICATION(CLIENTS[client])]
    const env = { PATH: process.env.PATH ?? '', ...emulator.env }
    const program = spawn(process.execPath, args, { env, cwd: import.meta.dirname })
    // It lasts for a minute: that it is over after a failure shows as much.
    if (name === 'region-down') program.stdout.once('data', () => emulator.clearFaults())
    else program.stdout.resume()
    const [code] = await once(program, 'exit')
    const statuses = emulator.requests.map(({ status }) => status)
    const met = name === 'region-down' ? withoutRepeats(statuses) : statuses
    expect([code, met]).toEqual([0, STATUSES[name]])
    expect(emulator.faults).toEqual([])
  })
})

test.each(SCENARIO_NAMES)('the page says where the scenario "%s" was reported', (name) => {
  const row = PAGE.split('\n').find((line) => line.startsWith(`| \`${name}\` |`))
  expect(row).toMatch(/\]\(https:\/\/[^)]+\)/)
})

function withoutRepeats<Item>(items: readonly Item[]): Item[] {
  return items.filter((item, index) => index === 0 || item !== items[index - 1])
}
