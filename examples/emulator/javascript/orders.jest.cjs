/** The test of `orders.js` for Jest, as a CommonJS module. */

const { createEmulator } = require('@landfast/emulator')
const { listOrders } = require('./orders.js')

let emulator
beforeAll(async () => {
  emulator = await createEmulator()
  emulator.applyEnv()
})
afterAll(() => emulator.stop())

test('orders are listed although the identity service is busy at first', async () => {
  await emulator.fault({ kind: 'status', status: 429, retryAfterSeconds: 1 })
  const orders = await listOrders(async (token) => [token.slice(0, 2)])
  expect(orders).toEqual(['ey'])
})
