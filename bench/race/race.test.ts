import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { testWith } from '../../test/privilege.ts'
import { LOCAL_CONTESTANTS } from './local.ts'
import { RACE_PROGRAMS } from './programs.ts'
import { TOKEN_CONTESTANTS } from './tokens.ts'

/** As `npm run race` does, which builds first what is measured. */
const START = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url))

/** Those that need nothing of others. */
const OWN: Record<string, readonly string[]> = {
  tokens: ['Landfast, SQLite'],
  local: ['Landfast agent, VM style', 'Landfast agent, Arc style', 'node:http'],
}

for (const [race, names] of Object.entries(OWN)) {
  testWith(['linux', 'root', 'openssl'], `the race ${race} measures our own`, async () => {
    const only = names.flatMap((name) => ['--only', name])
    const args = [START, 'race', race, ...only, '--rounds', '1', '--seconds', '0.05', '--json']
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args)
    const { tables, failures } = JSON.parse(stdout)
    expect({ failures, stderr }).toEqual({ failures: [], stderr: expect.any(String) })
    for (const { rows } of tables) {
      const contestants = rows.map(({ contestant }: { contestant: string }) => contestant)
      expect(contestants).toEqual(expect.arrayContaining([...names]))
    }
  })
}

test('a version in a name is the one that is installed', () => {
  for (const { name, programs } of [...TOKEN_CONTESTANTS, ...LOCAL_CONTESTANTS]) {
    const [, version = ''] = / (\d+\.[\d.]*\d)/.exec(name) ?? []
    const installed = programs.map((program) => RACE_PROGRAMS[program].version)
    if (installed.some((one) => /^\d/.test(one)))
      expect(installed.every((one) => one.startsWith(version))).toBe(true)
  }
})

test('a race that is not there is refused, and so is a name that nobody in it has', async () => {
  const ask = (...args: string[]) => promisify(execFile)(process.execPath, [START, 'race', ...args])
  await expect(ask('nothing')).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('"nothing"'),
  })
  const nobody = ask('local', '--only', 'nobody')
  await expect(nobody).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('"nobody"') })
})
