import { beforeAll, expect, test } from 'vitest'
import type { CertificateProof, EntraKey } from '../machine/entra-registration.ts'
import { newMachineKey } from '../machine/machine-key.ts'
import { selfSigned } from '../machine/self-signed.ts'
import { EntraCredentials } from './entra-credentials.ts'

const CLIENT_ID = '0b8f1c1e-6a0e-4f0a-9d0c-0000000000e1'
const START = Date.parse('2026-11-28T12:00:00Z')
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

let [old, young, oldest]: EntraKey[] = []

beforeAll(async () => {
  ;[old, young, oldest] = await Promise.all([makeKey(), makeKey(), makeKey()])
})

async function makeKey(): Promise<EntraKey> {
  const privateKey = await newMachineKey()
  return {
    privateKey,
    certificate: await selfSigned({ privateKey, commonName: 'web', now: new Date(START), days: 365 }),
  }
}

function setUp(more: Partial<CertificateProof> = {}) {
  const time = { now: START }
  const kept: CertificateProof[] = []
  const proof: CertificateProof = { kind: 'certificate', ...(old as EntraKey), registeredAt: at(0), ...more }
  const credentials = new EntraCredentials({
    clientId: CLIENT_ID,
    proof,
    keep: async (one) => void kept.push(one),
    now: () => time.now,
  })
  /** The name by which Entra ID knows the certificate of the next assertion. */
  const tried = async () => {
    const credential = await credentials.usable()
    return { credential, name: nameIn(credential.sign({ url: 'https://x', nowSeconds: 0 })) }
  }
  return { time, kept, credentials, tried }
}

function at(milliseconds: number): string {
  return new Date(START + milliseconds).toISOString()
}

function nameIn(assertion: string): string {
  return JSON.parse(Buffer.from(assertion.split('.')[0] ?? '', 'base64url').toString())['x5t#S256']
}

async function nameOf(key: EntraKey | undefined): Promise<string> {
  return (await setUp({ ...(key as EntraKey) }).tried()).name
}

const next = () => ({ ...(young as EntraKey), registeredAt: at(0) })

test('the next certificate is tried first, and takes the place of the other once it was taken', async () => {
  const { credentials, kept, tried } = setUp({ next: next() })
  const { credential, name } = await tried()
  expect(name).toBe(await nameOf(young))
  expect(kept).toEqual([])
  await credentials.proven(credential)
  expect(kept).toEqual([
    { kind: 'certificate', ...next(), former: { ...(old as EntraKey), until: at(24 * HOUR_MS) } },
  ])
  expect((await tried()).name).toBe(name)
})

test.each([
  ['self-signed', undefined],
  ['control-plane', undefined],
  ['control-plane', 'self-signed'],
  [undefined, 'control-plane'],
] as const)('each certificate keeps who made it: %s, then %s', async (first, second) => {
  const { credentials, kept, tried } = setUp({
    ...(first && { issuer: first }),
    next: { ...next(), ...(second && { issuer: second }) },
  })
  await credentials.proven((await tried()).credential)
  expect([kept[0]?.issuer, kept[0]?.former?.issuer]).toEqual([second, first])
})

test('while Entra ID does not know the next one the other goes on, and the next is tried every five minutes', async () => {
  const { credentials, time, kept, tried } = setUp({ next: next() })
  expect(credentials.afterRefusal((await tried()).credential)).toBe(true)
  const second = await tried()
  expect(second.name).toBe(await nameOf(old))
  await credentials.proven(second.credential)
  expect(kept).toEqual([])
  time.now += 5 * MINUTE_MS - 1
  expect((await tried()).name).toBe(await nameOf(old))
  time.now += 1
  expect((await tried()).name).toBe(await nameOf(young))
})

test('the next one is tried at once when the other, which was taken, is refused', async () => {
  const { credentials, tried } = setUp({ next: next() })
  credentials.afterRefusal((await tried()).credential)
  const present = await tried()
  await credentials.proven(present.credential)
  expect(credentials.afterRefusal(present.credential)).toBe(true)
  const again = await tried()
  expect(again.name).toBe(await nameOf(young))
  expect(credentials.afterRefusal(again.credential)).toBe(false)
})

test('after the last one was refused there is none to try', async () => {
  const { credentials, tried } = setUp({ former: { ...(oldest as EntraKey), until: at(HOUR_MS) } })
  expect(credentials.afterRefusal((await tried()).credential)).toBe(true)
  const last = await tried()
  expect(last.name).toBe(await nameOf(oldest))
  expect(credentials.afterRefusal(last.credential)).toBe(false)
  expect((await tried()).name).toBe(await nameOf(old))
})

test('the former one goes a day after the other was taken', async () => {
  const { credentials, time, kept, tried } = setUp({
    former: { ...(oldest as EntraKey), until: at(HOUR_MS) },
  })
  await credentials.proven((await tried()).credential)
  expect(kept).toEqual([])
  time.now += HOUR_MS
  await credentials.proven((await tried()).credential)
  expect(kept).toEqual([{ kind: 'certificate', ...old, registeredAt: at(0) }])
})

test('a certificate that could not be kept is used, and kept with the next use', async () => {
  let isFull = true
  const kept: CertificateProof[] = []
  const credentials = new EntraCredentials({
    clientId: CLIENT_ID,
    proof: { kind: 'certificate', ...(old as EntraKey), registeredAt: at(0), next: next() },
    keep: async (proof) => {
      if (isFull) throw new Error('ENOSPC')
      kept.push(proof)
    },
    now: () => START,
  })
  await credentials.proven(await credentials.usable())
  isFull = false
  await credentials.proven(await credentials.usable())
  expect(kept).toHaveLength(1)
})

test('a key or a certificate that is none is said at once, and is not quoted', () => {
  for (const broken of [{ privateKey: 'SECRET' }, { certificate: 'SECRET' }]) {
    expect(() => setUp(broken)).toThrow(
      expect.objectContaining({ code: 'entra_broken', message: expect.not.stringContaining('SECRET') }),
    )
  }
})
