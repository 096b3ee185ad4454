import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { testWith } from '../test/privilege.ts'

/** As `npm run bench` does, which builds first what is measured. */
const START = fileURLToPath(new URL('../scripts/start.mjs', import.meta.url))

/** The other parts make so many machines, sockets or tokens that they take minutes whatever they are told. */
for (const part of ['start', 'handshake', 'key-files', 'flood', 'client', 'idle']) {
  testWith(['linux'], `the part ${part} measures something`, async () => {
    const effort = ['--rounds', '1', '--seconds', '0.02', '--json']
    const { stdout } = await promisify(execFile)(process.execPath, [START, 'bench', part, ...effort])
    const { tables } = JSON.parse(stdout)
    expect(tables.length).toBeGreaterThan(0)
    for (const { rows } of tables) expect(rows.length).toBeGreaterThan(0)
  })
}
