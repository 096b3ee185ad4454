import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { ROLE, startTrialResourceManager, type TrialCaller } from '../testing/trial-resource-manager.ts'

async function startRecorded() {
  const lines: Record<string, unknown>[] = []
  const log = pino({ level: 'trace' }, { write: (line: string) => lines.push(JSON.parse(line)) })
  const trial = await startTrialResourceManager({ log })
  /** Tries to make itself Owner of everything. */
  const seizeBy = (caller: TrialCaller) =>
    trial.ask(`/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}?api-version=2022-04-01`, {
      method: 'PUT',
      as: caller,
      json: {
        properties: {
          roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${ROLE.owner}`,
          principalId: caller.principalId,
        },
      },
    })
  const refusals = () =>
    trial.storage.db
      .selectFrom('audit')
      .select(['principal_id', 'action', 'suppressed'])
      .where('code', '=', 'AuthorizationFailed')
      .orderBy('time')
      .execute()
  return { ...trial, lines, seizeBy, refusals }
}

const ROLE_WRITE = 'Microsoft.Authorization/roleAssignments/write'

test('the refusals of one caller do not keep another’s attempt to make itself Owner out of the trail', async () => {
  const { ask, addCaller, seizeBy, refusals, clock } = await startRecorded()
  const [noisy, other] = [await addCaller(), await addCaller()]
  for (let count = 0; count < 12; count += 1) {
    expect((await ask('/landfast/v1/audit', { as: noisy })).status).toBe(403)
  }
  expect((await seizeBy(other)).status).toBe(403)
  expect((await refusals()).filter(({ principal_id }) => principal_id === other.principalId)).toEqual([
    { principal_id: other.principalId, action: ROLE_WRITE, suppressed: 0 },
  ])
  clock.advance(60)
  await ask('/landfast/v1/audit', { as: noisy })
  const ofNoisy = (await refusals()).filter(({ principal_id }) => principal_id === noisy.principalId)
  expect(ofNoisy.map(({ suppressed }) => suppressed)).toEqual([...Array(10).fill(0), 2])
})

test('a caller’s own noise does not hide its attempt at something else', async () => {
  const { ask, addCaller, seizeBy, refusals } = await startRecorded()
  const caller = await addCaller()
  for (let count = 0; count < 12; count += 1) await ask('/landfast/v1/audit', { as: caller })
  await seizeBy(caller)
  expect((await refusals()).map(({ action }) => action)).toContain(ROLE_WRITE)
})

test('the log line of a refusal names caller, action and scope', async () => {
  const { addCaller, seizeBy, lines } = await startRecorded()
  const caller = await addCaller()
  await seizeBy(caller)
  const line = lines.find(({ msg }) => msg === 'request refused for want of a right')
  const { clientId, principalId } = caller
  expect(line).toMatchObject({
    clientId,
    principalId,
    action: ROLE_WRITE,
    scope: expect.stringMatching(/^\//),
  })
})
