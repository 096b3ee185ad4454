import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { SILENT_LOG } from '@landfast/server'
import { expect, test } from 'vitest'
import { FakeClock } from '../../../../test/agent/fake-clock.ts'
import {
  certificateAuthorityOf,
  generateCertificateAuthority,
} from '../../../control-plane/src/certificates/certificate-authority.ts'
import { AttestationKeys } from './attestation-key.ts'

const HOUR_SECONDS = 3600

/** Keys that a CA of the test certifies unless it is down. */
async function setUp() {
  const clock = new FakeClock()
  const now = () => new Date(clock.now())
  const ca = await certificateAuthorityOf(await generateCertificateAuthority(now()), now)
  const state = { asked: 0, isDown: false }
  const keys = new AttestationKeys({
    certify: async (privateKey) => {
      state.asked += 1
      if (state.isDown) throw new Error('down')
      return await ca.certifyAttestation(createPublicKey(privateKey), 'a-client-id')
    },
    clock,
    log: SILENT_LOG,
  })
  return { clock, ca, state, keys }
}

test('one key is made however many ask, and is used until half of its life is over', async () => {
  const { clock, state, keys } = await setUp()
  const [first, second] = await Promise.all([keys.get(), keys.get()])
  expect(second).toBe(first)
  clock.pass(11 * HOUR_SECONDS)
  expect(await keys.get()).toBe(first)
  expect(state.asked).toBe(1)
  clock.pass(HOUR_SECONDS)
  const next = await keys.get()
  expect(next.key.equals(first.key)).toBe(false)
  expect(state.asked).toBe(2)
})

test('a key that is due is good until its end while the control plane is away', async () => {
  const { clock, state, keys } = await setUp()
  const first = await keys.get()
  state.isDown = true
  clock.pass(23 * HOUR_SECONDS)
  expect(await keys.get()).toBe(first)
  clock.pass(HOUR_SECONDS)
  await expect(keys.get()).rejects.toMatchObject({ code: 'attestation_unavailable', retryAfterSeconds: 10 })
})

test('after a failure the control plane is left alone for ten seconds, whoever asks', async () => {
  const { clock, state, keys } = await setUp()
  state.isDown = true
  for (let asked = 0; asked < 5; asked += 1) {
    await expect(keys.get()).rejects.toMatchObject({ code: 'attestation_unavailable' })
  }
  expect(state.asked).toBe(1)
  state.isDown = false
  clock.pass(10)
  await keys.get()
  expect(state.asked).toBe(2)
})

test('an agent without a control plane that certifies says so', async () => {
  const keys = new AttestationKeys({
    certify: undefined,
    clock: new FakeClock(),
    log: SILENT_LOG,
  })
  await expect(keys.get()).rejects.toMatchObject({ code: 'attestation_unavailable' })
})

test('a certificate for another key is not used', async () => {
  const { ca, clock } = await setUp()
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
  const keys = new AttestationKeys({
    certify: () => ca.certifyAttestation(other, 'a-client-id'),
    clock,
    log: SILENT_LOG,
  })
  await expect(keys.get()).rejects.toMatchObject({ code: 'attestation_unavailable' })
})
