import { expect, test } from 'vitest'
import { createTickets } from './tickets.ts'

test('a ticket is good for one request', async () => {
  const { lend, redeem } = createTickets()
  const redeemed = await lend('p', async (ticket) => [redeem(ticket), redeem(ticket)])
  expect(redeemed).toEqual(['p', undefined])
})

test('a ticket that was not used is gone with what it was lent for, also if that failed', async () => {
  const { lend, redeem } = createTickets()
  const kept = await lend('p', async (ticket) => ticket)
  let lost = ''
  const failing = lend('p', async (ticket) => {
    lost = ticket
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect([redeem(kept), redeem(lost)]).toEqual([undefined, undefined])
})

test('no other header is a ticket', () => {
  const { redeem } = createTickets()
  for (const header of [undefined, '', 'Bearer x', 'Landfast-Ticket ', 'Landfast-Ticket x']) {
    expect(redeem(header)).toBeUndefined()
  }
})
