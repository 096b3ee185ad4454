import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { testWith } from '../test/privilege.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

/** The other parts make so many machines, sockets or tokens that they take minutes whatever they are told. */
for (const part of ['start', 'handshake', 'key-files', 'flood', 'client']) {
  testWith(['linux'], `the part ${part} measures something`, async () => {
    const args = ['--conditions=source', '--disable-warning=ExperimentalWarning', MAIN, part]
    const effort = ['--rounds', '1', '--seconds', '0.02', '--json']
    const { stdout } = await promisify(execFile)(process.execPath, [...args, ...effort])
    const { tables } = JSON.parse(stdout)
    expect(tables.length).toBeGreaterThan(0)
    for (const { rows } of tables) expect(rows.length).toBeGreaterThan(0)
  })
}
