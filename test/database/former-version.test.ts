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

/** The statements that undo the steps from that with this number on. Columns of a table that is as new go with the table. */
function undoneSince(number: number): string[] {
  const statements = STEPS.slice(number - 1).flatMap((step) => step.statements)
  const made = statements.flatMap((statement) => {
    const [, kind, name = ''] = /^create (?:unique )?(table|index) (\w+)/.exec(statement) ?? []
    return kind === undefined ? [] : [{ kind, name }]
  })
  const columns = statements.flatMap((statement) => {
    const [, table = '', name] = /^alter table (\w+) add column (\w+)/.exec(statement) ?? []
    const isOlder = made.every((one) => one.name !== table)
    return name !== undefined && isOlder ? [`alter table ${table} drop column ${name}`] : []
  })
  return [...made.map(({ kind, name }) => `drop ${kind} if exists ${name}`), ...columns]
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
  for (const statement of undoneSince(TICKET_KEYS_STEP)) database.exec(statement)
  database.close()

  const again = await startTrial({ database: 'sqlite', stateFolder: trial.stateFolder })
  expect(STEPS[TICKET_KEYS_STEP - 1]?.statements.join()).toContain('ticket_key')
  expect(await read()).toEqual(before)
  expect((await askForToken(machine, again)).status).toBe(200)
  const { url } = again.controlPlane
  const [ca = ''] = before
  expect(await resumes(await beginSession(url, ca), url, ca)).toBe(true)
})
