/** What one caller is refused hides nothing of what another is refused. */

import { expect, test } from 'vitest'
import { startTrialResourceManager } from '../testing/trial-resource-manager.ts'

const PATH = '/subscriptions/SUB/resourceGroups/g?api-version=2025-04-01'

test('one caller’s refusals hide no other one’s in the audit trail', async () => {
  const trial = await startTrialResourceManager()
  const path = PATH.replace('SUB', trial.subscriptionId)
  const [loud, quiet] = [await trial.addCaller(), await trial.addCaller()]
  const put = { method: 'PUT', json: { location: 'here' } }
  for (let count = 0; count < 12; count += 1) await trial.ask(path, { ...put, as: loud })
  expect((await trial.ask(path, { ...put, as: quiet })).status).toBe(403)
  const rows = await trial.storage.db
    .selectFrom('audit')
    .select('client_id')
    .where('code', '=', 'AuthorizationFailed')
    .execute()
  const of = ({ clientId }: { clientId: string }) =>
    rows.filter(({ client_id }) => client_id === clientId).length
  expect([of(loud), of(quiet)]).toEqual([10, 1])
})
