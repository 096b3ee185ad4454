/** A PostgreSQL database that is backed up and restored by its own tools, as docs/operations.md says. */

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { acceptRestoredMachines } from '@landfast/control-plane'
import { expect, test } from 'vitest'
import { freePort, postgresProgram } from '../../packages/control-plane/src/testing/postgres.ts'
import {
  createClock,
  startTrial,
  TRIAL_ENCRYPTION_KEY,
  temporaryFolder,
} from '../../packages/control-plane/src/testing/trial.ts'
import { trialDatabaseUrl } from '../../packages/control-plane/src/testing/trial-database.ts'
import { enrolTrialMachine, sendHeartbeat } from '../../packages/control-plane/src/testing/trial-enrolment.ts'

test('a control plane on a restored dump knows its machines, and takes their heartbeats after the word', async () => {
  const [former, restored] = [await trialDatabaseUrl('postgres'), await trialDatabaseUrl('postgres')]
  const { now } = createClock()
  const common = { now, port: await freePort(), encryptionKey: TRIAL_ENCRYPTION_KEY }
  const { controlPlane } = await startTrial({ ...common, databaseUrl: former ?? '' })
  const machine = await enrolTrialMachine(controlPlane, await controlPlane.makeJoinToken('landfast'))
  let { nonce } = machine
  const file = join(await temporaryFolder(), 'landfast.dump')
  execFileSync(postgresProgram('pg_dump'), ['--format', 'custom', '--file', file, former ?? ''])
  for (let count = 0; count < 3; count++)
    nonce = (await sendHeartbeat(controlPlane, machine, nonce)).body.nonce
  await controlPlane.stop()

  execFileSync(postgresProgram('pg_restore'), ['--no-owner', '--dbname', restored ?? '', file])
  const place = { ...common, databaseUrl: restored ?? '' }
  const again = await startTrial(place)
  expect((await sendHeartbeat(again.controlPlane, machine, nonce)).body.error.code).toBe('MachineCloned')
  await acceptRestoredMachines({ ...place, stateFolder: await temporaryFolder() })
  expect((await sendHeartbeat(again.controlPlane, machine, nonce)).status).toBe(200)
})
