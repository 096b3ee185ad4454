/**
 * A user-assigned identity that is taken away, and one that is assigned late: what a client does that asks for it.
 *
 * @module
 */

import { setTimeout } from 'node:timers/promises'
import type { Emulator } from '@landfast/emulator'
import type { Selector } from '../client-report.ts'
import type { Ending } from './asked-client.ts'
import type { Met } from './fault-cell.ts'

/** The identities that the emulator must have: the first is the machine's from the start. */
export const IDENTITIES = [{ name: 'leaver' }, { name: 'newcomer', isAssigned: false }] as const

/** What a client met, in words of the page, and what it did. */
export type IdentityCell = Met & { fault: string }

/** Asks for the identity that is named. */
type Ask = (selector: Selector) => Promise<Ending>

const SOON_MILLISECONDS = 5

/** Every trial, one after the other; a client that cannot name an identity says so once for each. */
export async function meetIdentities(emulator: Emulator, ask: Ask): Promise<IdentityCell[]> {
  return [...(await takenAway(emulator, ask)), ...(await assignedLate(emulator, ask))]
}

/** It had a token: without one, there is nothing that could be taken away. */
async function takenAway(emulator: Emulator, ask: Ask): Promise<IdentityCell[]> {
  const asked = () => counted(emulator, () => ask(selectorOf(emulator, 'leaver')))
  const fault = 'assigned, then taken away: started anew, the program asks again'
  const before = await asked()
  if (before.outcome !== 'token') return [{ fault, ...before }]
  await emulator.unassign('leaver')
  return [{ fault, ...(await asked()) }]
}

async function assignedLate(emulator: Emulator, ask: Ask): Promise<IdentityCell[]> {
  const asked = () => counted(emulator, () => ask(selectorOf(emulator, 'newcomer')))
  const waiting = asked()
  await Promise.race([waiting, firstAnswer(emulator, waiting)])
  await emulator.assign('newcomer')
  const meanwhile = { fault: 'not assigned, until its first request is refused', ...(await waiting) }
  return [meanwhile, { fault: 'the same: started anew, the program asks again', ...(await asked()) }]
}

function selectorOf(emulator: Emulator, name: string): Selector {
  return { by: 'client_id', value: emulator.identities[name]?.clientId ?? '' }
}

async function counted(emulator: Emulator, ask: () => Promise<Ending>): Promise<Met> {
  emulator.clearRequests()
  const ending = await ask()
  return { ...ending, requests: emulator.requests.length }
}

/** Resolves when a request was answered, or the client has ended without one. */
async function firstAnswer(emulator: Emulator, ended: Promise<unknown>): Promise<void> {
  let hasEnded = false
  const end = () => {
    hasEnded = true
  }
  ended.then(end, end)
  while (!hasEnded && !emulator.requests.some(({ status }) => status !== undefined)) {
    await setTimeout(SOON_MILLISECONDS)
  }
}
