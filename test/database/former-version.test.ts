/** A state folder of the version before this one, with a machine in it: everything goes on, and what is new is there. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { STEPS } from '../../packages/control-plane/src/storage/migrations.ts'
import { beginSession, resumes } from '../../packages/control-plane/src/testing/tls-sessions.ts'
import {
  askForToken,
  registerTrialMachine,
  startTrial,
} from '../../packages/control-plane/src/testing/trial.ts'

/** The first step after the version before this one. */
const TICKET_KEYS_STEP = 8

/** What the steps from that with this number on made. Columns that one of them added go with the table, which is as new. */
function madeSince(number: number): [kind: string, name: string][] {
  const statements = STEPS.slice(number - 1).flatMap((step) => step.statements)
  const made = statements.map((statement) => /^create (?:unique )?(table|index) (\w+)/.exec(statement))
  return made.filter((found) => found !== null).map(([, kind = '', name = '']) => [kind, name])
}

test('the CA, the server’s certificate and a machine of the version before go on, and sessions are resumed', async () => {
  const trial = await startTrial({ database: 'sqlite' })
  const machine = await registerTrialMachine(trial)
  await trial.controlPlane.stop()
  const files = ['ca.pem', 'server.pem', 'server-key.pem'].map((name) => join(trial.stateFolder, name))
  const read = () => Promise.all(files.map((file) => readFile(file, 'utf8')))
  const before = await read()
  const database = new DatabaseSync(join(trial.stateFolder, 'landfast.db'))
  for (const table of ['migration', 'migration_reach']) {
    database.exec(`delete from ${table} where number >= ${TICKET_KEYS_STEP}`)
  }
  for (const [kind, name] of madeSince(TICKET_KEYS_STEP)) database.exec(`drop ${kind} if exists ${name}`)
  database.close()

  const again = await startTrial({ database: 'sqlite', stateFolder: trial.stateFolder })
  expect(STEPS[TICKET_KEYS_STEP - 1]?.statements.join()).toContain('ticket_key')
  expect(await read()).toEqual(before)
  expect((await askForToken(machine, again)).status).toBe(200)
  const { url } = again.controlPlane
  const [ca = ''] = before
  expect(await resumes(await beginSession(url, ca), url, ca)).toBe(true)
})
