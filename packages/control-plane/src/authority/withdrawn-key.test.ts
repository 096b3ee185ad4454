/** A control plane whose memory still has a key that another replica withdrew. */

import { decodeProtectedHeader } from 'jose'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readEncryptionKey } from '../storage/sealed-text.ts'
import { askForToken, TRIAL_ENCRYPTION_KEY } from '../testing/trial.ts'
import { DATABASES, type TrialDatabase } from '../testing/trial-database.ts'
import { startTrialResourceManager } from '../testing/trial-resource-manager.ts'
import { openSigningKeys } from './signing-keys.ts'

/** A control plane, and the word that another replica on its database was given. */
async function startWithWithdrawal(database: TrialDatabase) {
  const trial = await startTrialResourceManager({ database, encryptionKey: TRIAL_ENCRYPTION_KEY })
  const { storage, clock } = trial
  const other = await openSigningKeys({
    storage,
    encryptionKey: readEncryptionKey(TRIAL_ENCRYPTION_KEY),
    rotationDays: 30,
    log: pino({ enabled: false }),
    now: clock.now,
  })
  onTestFinished(() => other.close())
  const { kid } = await other.rotate({ urgency: 'compromised' })
  return { ...trial, kid }
}

describe.each(DATABASES)('on %s', (database) => {
  test('no token that the withdrawn key signed is given any more, but one of the new key', async () => {
    const { owner, controlPlane, clock, storage, kid } = await startWithWithdrawal(database)
    const { status, body } = await askForToken(owner.machine, { controlPlane: controlPlane as never, clock })
    expect([status, decodeProtectedHeader(body.access_token).kid]).toEqual([200, kid])
    const rows = await storage.db
      .selectFrom('audit')
      .select('outcome')
      .where('action', '=', 'issue-token')
      .where('audience', 'not like', '%management%')
      .execute()
    expect(rows).toEqual([{ outcome: 'done' }])
  })

  test('a bearer token of the withdrawn key is refused', async () => {
    const { ask } = await startWithWithdrawal(database)
    const { status, body } = await ask('/landfast/v1/signing-keys')
    expect([status, body.error.code]).toEqual([401, 'InvalidAuthenticationToken'])
  })
})
