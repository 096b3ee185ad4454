/** The test of `orders.js` for Node's own runner. */

import assert from 'node:assert\/strict'
import { after, before, test } from 'node:test'
import { createEmulator } from '@landfast/emulator'
import { listOrders } from './orders.js'

let emulator
before(async () => {
  emulator = await createEmulator()
  emulator.applyEnv()
})
after(() => emulator.stop())

test('orders are listed although the identity service is busy at first', async () => {
  await emulator.fault({ kind: 'status', status: 429, retryAfterSeconds: 1 })
  const orders = await listOrders(async (token) => [token.slice(0, 2)])
  assert.deepEqual(orders, ['ey'])
})
