/** `npm run prove:entra` against the stand-in: what it prints when all holds, and what when something does not. */

import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { type Entra, startEntra } from './server.ts'
import type { EntraOptions } from './service.ts'
import { APPLICATION, makeClientCertificate } from './trial-client.ts'

const PROGRAM = fileURLToPath(new URL('../../scripts/prove-entra.ts', import.meta.url))

const own = await makeClientCertificate()
const other = await makeClientCertificate()
const keyOf = ({ privateKey }: typeof own) => String(privateKey.export({ format: 'pem', type: 'pkcs8' }))

interface Run {
  code: number | null
  stdout: string
  stderr: string
}

async function start(options: Partial<EntraOptions> = {}): Promise<Entra> {
  const entra = await startEntra({
    application: APPLICATION,
    credentials: { certificates: [own.pem] },
    unknownResources: ['api://00000000-0000-4000-8000-000000000000'],
    tokenLifetimeSeconds: 4500,
    ...options,
  })
  onTestFinished(() => entra.stop())
  return entra
}

/** Runs the program for what is in `pem`. */
async function prove(entra: Entra, pem: string, more: readonly string[] = []): Promise<Run> {
  const folder = temporaryFolder()
  writeFileSync(`${folder}/client.pem`, pem, { mode: 0o600 })
  writeFileSync(`${folder}/ca.pem`, entra.ca)
  return await run([
    ...['--tenant-id', APPLICATION.tenantId, '--client-id', APPLICATION.clientId],
    ...['--certificate-file', `${folder}/client.pem`],
    ...['--authority-host', entra.authorityHost, '--ca-file', `${folder}/ca.pem`],
    ...more,
  ])
}

async function run(args: readonly string[]): Promise<Run> {
  const child = spawn(process.execPath, ['--conditions=source', PROGRAM, ...args], { timeout: 100_000 })
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => stream.toArray())
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  const textOf = async (chunks: Promise<Buffer[]> | undefined) =>
    Buffer.concat((await chunks) ?? []).toString()
  return { code, stdout: await textOf(stdout), stderr: await textOf(stderr) }
}

test('everything holds at the stand-in, and nothing secret is printed', async () => {
  const entra = await start()
  const { code, stdout, stderr } = await prove(entra, `${keyOf(own)}${own.pem}\n`)
  expect(stderr).toBe('')
  expect(stdout.match(/^NOT .*/gm)).toBeNull()
  expect(stdout).toContain('10 of 10 held')
  expect(code).toBe(0)
  expect(stdout).not.toMatch(/eyJ|PRIVATE KEY/)
  expect(entra.requests.map(({ status, code: refused }) => refused ?? status)).toEqual([
    200, 200, 700024, 200, 700027, 500011,
  ])
})

test('a certificate that is not registered is told with the number, by agent and MSAL alike', async () => {
  const entra = await start()
  const { code, stdout } = await prove(entra, `${keyOf(other)}${other.pem}\n`, ['--json'])
  const results = JSON.parse(stdout) as { what: string; held: boolean; detail: string }[]
  const failed = results.filter(({ held }) => !held)
  expect(failed).toHaveLength(4)
  for (const { detail } of failed) expect(detail).toMatch(/AADSTS700027/)
  expect(code).toBe(1)
})

test("a key of another certificate and a proxy's own page are told", async () => {
  const entra = await start()
  entra.setFault('proxy-page')
  const { code, stdout } = await prove(entra, `${keyOf(other)}${own.pem}\n`)
  expect(stdout).toContain('the private key is of another certificate')
  expect(stdout).toMatch(/^NOT {3}the agent gets a token by certificate.*403/m)
  expect(code).toBe(1)
})

test('a life that is not the documented one is told', async () => {
  const entra = await start({ tokenLifetimeSeconds: 600 })
  const { code, stdout } = await prove(entra, `${keyOf(own)}${own.pem}\n`)
  expect(stdout).toMatch(/^NOT {3}.*it lives 10 minutes/m)
  expect(code).toBe(1)
})

test.each([
  ['no tenant', [], /"--tenant-id" is required/],
  ['another cloud', ['--cloud', 'germany'], /there is no cloud "germany"/],
  ['an unknown flag', ['--secret', 'x'], /--secret/],
  [
    'a file without a key',
    ['--tenant-id', 'x', '--client-id', 'y', '--certificate-file', PROGRAM],
    /needs a certificate/,
  ],
])('%s is refused with 2 and the usage', async (_, args, message) => {
  const { code, stdout, stderr } = await run(args)
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(message)
  expect(stderr).toContain('usage: npm run prove:entra')
})
