/** A control plane that is killed while it makes its tables. */

import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { migrate } from '../../packages/control-plane/src/storage/migrations.ts'
import { openStorage } from '../../packages/control-plane/src/storage/open-storage.ts'
import {
  askForToken,
  registerTrialMachine,
  startTrial,
  temporaryFolder,
} from '../../packages/control-plane/src/testing/trial.ts'
import { DATABASES, trialDatabaseUrl } from '../../packages/control-plane/src/testing/trial-database.ts'
import { childCommand, startChild } from '../agent/child.ts'

describe.each(DATABASES)('on %s', (database) => {
  test('a migration that was killed leaves the database as it was, and the next start goes on', async () => {
    const databaseUrl = await trialDatabaseUrl(database)
    const place = { stateFolder: await temporaryFolder(), ...(databaseUrl && { databaseUrl }) }
    const program = startChild(
      childCommand(new URL('./interrupted-migration-program.ts', import.meta.url), JSON.stringify(place)),
    )
    expect(await program.read()).toEqual({ halfway: true })
    await program.end('SIGKILL')

    const storage = await openStorage({ ...place, log: pino({ enabled: false }) })
    await migrate(storage, new Date())
    const tables = await storage.db.introspection.getTables()
    expect(tables.map(({ name }) => name)).toContain('machine')
    expect(tables.map(({ name }) => name)).not.toContain('half')
    await storage.close()
    const { controlPlane } = await startTrial(place)
    expect(controlPlane.url).toMatch(/^https:/)
  })

  test('an upgrade that was killed leaves every machine, and the version of before goes on', async () => {
    const trial = await startTrial({ database })
    const machine = await registerTrialMachine(trial)
    const { controlPlane, stateFolder, databaseUrl } = trial
    await controlPlane.stop()
    const place = { stateFolder, ...(databaseUrl && { databaseUrl }) }
    const program = startChild(
      childCommand(
        new URL('./interrupted-migration-program.ts', import.meta.url),
        JSON.stringify(place),
        'upgrade',
      ),
    )
    expect(await program.read()).toEqual({ halfway: true })
    await program.end('SIGKILL')
    await controlPlane.start()
    expect((await askForToken(machine, trial)).status).toBe(200)
  })
})
