/** The agent as an application at the stand-in: what programs of the machine get while something is wrong there. */

import { describe, expect, test } from 'vitest'
import type { FaultName } from './faults.ts'
import { type EntraAgent, makeKey, startEntraAgent } from './trial-agent.ts'

const VAULT = 'https://vault.azure.net'
const STORAGE = 'https://storage.azure.com'

/** What the stand-in answered, in order. */
function answersOf({ entra }: EntraAgent): unknown[] {
  return entra.requests.map(({ code, status }) => code ?? status)
}

describe('definite refusals', () => {
  test.each<[FaultName, number, RegExp]>([
    ['unregistered', 700027, /AADSTS700027: .*landfast connect --authority entra --rotate/],
    ['other-application', 700027, /AADSTS700027: .*landfast connect --authority entra --rotate/],
    ['expired', 700027, /AADSTS700027: .*expired.*landfast connect --authority entra --rotate/],
    ['replaced', 700027, /AADSTS700027: .*landfast connect --authority entra --rotate/],
    ['tenant-disabled', 5000225, /AADSTS5000225: the tenant is blocked/],
    ['application-disabled', 7000112, /AADSTS7000112: .*az ad sp update/],
  ])(
    '"%s": the caller reads %i and the next step, nothing is served, and it heals by itself',
    async (fault, code, sentence) => {
      const machine = await startEntraAgent()
      expect(await machine.ask(VAULT)).toMatchObject({ status: 200 })
      machine.entra.setFault(fault)
      for (const resource of [STORAGE, VAULT]) {
        const { status, body } = await machine.ask(resource)
        expect([status, body.error]).toEqual([400, 'invalid_request'])
        expect(body.error_description).toMatch(sentence)
      }
      expect(answersOf(machine)).toEqual([200, code, code])
      machine.entra.setFault(undefined)
      expect(await machine.ask(STORAGE)).toMatchObject({ status: 200 })
    },
  )
})

test('a certificate that was registered minutes ago and is not known yet takes nothing away', async () => {
  const machine = await startEntraAgent({ keyAgeSeconds: 60 })
  expect(await machine.ask(VAULT)).toMatchObject({ status: 200 })
  machine.entra.setFault('unregistered')
  const { status, body } = await machine.ask(STORAGE)
  expect(status).toBe(503)
  expect(body.error_description).toMatch(/AADSTS700027: wait some minutes/)
  expect(await machine.ask(VAULT)).toMatchObject({ status: 200 })
  expect(answersOf(machine)).toEqual([200, 700027])
})

test('a resource that the tenant does not have is refused, and the others are served as before', async () => {
  const machine = await startEntraAgent()
  await machine.ask(VAULT)
  machine.entra.setFault({ code: 500011 })
  const { status, body } = await machine.ask('api://unknown')
  expect([status, body.error]).toEqual([400, 'invalid_resource'])
  expect(await machine.ask(VAULT)).toMatchObject({ status: 200 })
})

describe('what passes', () => {
  test.each<[FaultName]>([['5xx'], ['proxy-page']])(
    '"%s": what is cached is served on, the rest after a moment, and no page reaches a program',
    async (fault) => {
      const machine = await startEntraAgent()
      await machine.ask(VAULT)
      machine.entra.setFault(fault)
      const { status, body } = await machine.ask(STORAGE)
      expect(status).toBe(503)
      expect(JSON.stringify(body)).not.toMatch(/<html|Access Denied/)
      expect(await machine.ask(VAULT)).toMatchObject({ status: 200 })
      machine.entra.setFault(undefined)
      machine.clock.pass(1)
      expect(await machine.ask(STORAGE)).toMatchObject({ status: 200 })
    },
  )

  test.each<[FaultName, string]>([
    ['throttled-json', '3600'],
    ['throttled-text', '3600'],
    ['throttled-text', 'date'],
  ])(
    '"%s" for an hour (%s): programs are told how long, and Entra ID is left alone until then',
    async (fault, told) => {
      const machine = await startEntraAgent()
      await machine.ask(VAULT)
      const inAnHour = new Date(machine.clock.now() + 3_600_000).toUTCString()
      machine.entra.setFault(fault, { retryAfter: told === 'date' ? inAnHour : told })
      expect(await machine.ask(STORAGE)).toMatchObject({ status: 429, retryAfter: '3600' })
      expect(await machine.ask(VAULT)).toMatchObject({ status: 200 })
      machine.entra.setFault(undefined)
      machine.clock.pass(3599)
      expect(await machine.ask('https://graph.microsoft.com')).toMatchObject({ status: 429, retryAfter: '1' })
      expect(machine.entra.requests).toHaveLength(2)
      machine.clock.pass(1)
      expect(await machine.ask(STORAGE)).toMatchObject({ status: 200 })
    },
  )

  test('a slow Entra ID keeps nobody waiting who asks for what is cached', async () => {
    const machine = await startEntraAgent()
    await machine.ask(VAULT)
    machine.entra.setFault('slow')
    const slow = machine.ask(STORAGE)
    await expect.poll(() => machine.entra.requests.length).toBe(2)
    expect(await machine.ask(VAULT)).toMatchObject({ status: 200 })
    machine.entra.setFault(undefined)
    expect(await slow).toMatchObject({ status: 200 })
  })

  test('programs that ask at once for one resource are one request', async () => {
    const machine = await startEntraAgent()
    machine.entra.setFault('slow')
    const asked = Array.from({ length: 5 }, () => machine.ask(VAULT))
    await expect.poll(() => machine.entra.requests.length).toBe(1)
    machine.entra.setFault(undefined)
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(machine.entra.requests).toHaveLength(1)
  })

  test('a clock that is an hour behind is corrected by that of Entra ID, at the first request and once', async () => {
    const machine = await startEntraAgent()
    machine.entra.setFault('clock')
    expect(await machine.ask(VAULT)).toMatchObject({ status: 200 })
    expect(await machine.ask(STORAGE)).toMatchObject({ status: 200 })
    expect(answersOf(machine)).toEqual([700024, 200, 200])
  })
})

describe('another certificate', () => {
  test('is used once the application has it, the one before until then', async () => {
    const next = await makeKey()
    const machine = await startEntraAgent({ next })
    const { entra, key, clock } = machine
    expect(await machine.ask(VAULT)).toMatchObject({ status: 200 })
    expect(answersOf(machine)).toEqual([700027, 200])
    entra.setCredentials({ certificates: [key.certificate, next.certificate] })
    clock.pass(300)
    expect(await machine.ask(STORAGE)).toMatchObject({ status: 200 })
    entra.setCredentials({ certificates: [next.certificate] })
    expect(await machine.ask('https://graph.microsoft.com')).toMatchObject({ status: 200 })
    expect(answersOf(machine)).toEqual([700027, 200, 200, 200])
  })

  test('that took the place of the present one before this machine had it signs at once', async () => {
    const next = await makeKey()
    const machine = await startEntraAgent({ next })
    machine.entra.setCredentials({ certificates: [next.certificate] })
    expect(await machine.ask(VAULT)).toMatchObject({ status: 200 })
    expect(answersOf(machine)).toEqual([200])
  })

  test('that is known at one place of Entra ID and not yet at another does not stop the machine', async () => {
    const next = await makeKey()
    const machine = await startEntraAgent({ next })
    machine.entra.setCredentials({ certificates: [next.certificate] })
    await machine.ask(VAULT)
    machine.entra.setCredentials({ certificates: [machine.key.certificate] })
    expect(await machine.ask(STORAGE)).toMatchObject({ status: 200 })
    expect(answersOf(machine)).toEqual([200, 700027, 200])
  })
})

test('no assertion and no token reaches the log or the audit', async () => {
  const machine = await startEntraAgent()
  await machine.ask(VAULT)
  machine.entra.setFault('expired')
  await machine.ask(STORAGE)
  await machine.agent.stop()
  expect(machine.audited().map(({ outcome }) => outcome)).toEqual(['granted', 'refused'])
  const written = [...machine.logged, JSON.stringify(machine.audited())].join('\n')
  expect(written).not.toMatch(/eyJ[\w-]{20}|PRIVATE KEY/)
})
