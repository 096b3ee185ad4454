import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { skipWithoutPostgres } from '../packages/control-plane/src/testing/trial-database.ts'
import { testWith } from '../test/privilege.ts'

/** As `npm run bench` does, which builds first what is measured. */
const START = fileURLToPath(new URL('../scripts/start.mjs', import.meta.url))

/** What the parts are given; of these each takes what is its own. */
const MOMENT = {
  ordinary: ['--rounds', '1', '--seconds', '0.02'],
  small: ['--rounds', '1', '--seconds', '0.02', '--scale', '0.02', '--sockets', '50'],
  portal: ['--machines', '3', '--entries', '2'],
  growth: ['--machines', '300', '--minutes', '0.02', '--heartbeats', '40', '--tokens', '10'],
}

for (const part of ['start', 'handshake', 'key-files', 'flood', 'emulator', 'idle']) {
  testWith(['linux'], `the part ${part} measures something`, async () => {
    await expectFigures(part, MOMENT.ordinary)
  })
}

/** The part caller is left out: it warms up for a minute, whatever it is told, with what the part handshake starts as well. */
for (const part of ['connections', 'client', 'control-plane', 'registry']) {
  testWith(['linux'], `the part ${part} measures something`, async () => {
    await expectFigures(part, MOMENT.small)
  })
}

testWith(['linux'], 'the part replicas measures something', async () => {
  skipWithoutPostgres()
  await expectFigures('replicas', MOMENT.small)
})

testWith(['linux'], 'the part growth measures something', async () => {
  skipWithoutPostgres()
  await expectFigures('growth', MOMENT.growth)
})

testWith(['linux'], 'the part portal measures something', async () => {
  skipWithoutPostgres()
  await expectFigures('portal', MOMENT.portal)
})

async function expectFigures(part: string, effort: readonly string[]): Promise<void> {
  const args = [START, 'bench', part, ...effort, '--json']
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const { tables } = JSON.parse(stdout)
  expect(tables.length).toBeGreaterThan(0)
  for (const { rows } of tables) expect(rows.length).toBeGreaterThan(0)
}
