/** An issuer that nobody outside can reach: its two documents, exported as files, are all that a verifier needs. */

import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createControlPlaneClient } from '../../packages/cli/src/control-plane/control-plane-client.ts'
import {
  askForToken,
  registerTrialMachine,
  send,
  startTrial,
  temporaryFolder,
} from '../../packages/control-plane/src/testing/trial.ts'
import { makeCommand, type TestCommand } from '../cli/command.ts'
import { serveStatic } from './static-site.ts'

const AUDIENCE = 'api://AzureADTokenExchange'
const DAY_SECONDS = 86_400

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

/** A control plane that calls itself by a path without a port, with a machine in it. */
async function startPrivateIssuer(
  issuerV1 = (tenant: string) => `https://id.example.com/landfast/${tenant}/`,
) {
  const trial = await startTrial({ issuerV1 })
  const machine = await registerTrialMachine(trial)
  const folder = join(await temporaryFolder(), 'public', 'issuer')
  const { url, caFile, administratorFile = '' } = trial.controlPlane
  const { clientId, clientSecret: secret } = JSON.parse(readFileSync(administratorFile, 'utf8'))
  const flags = ['--url', url, '--ca-file', caFile]
  return {
    ...trial,
    folder,
    issuer: issuerV1(machine.identity.tenantId),
    objectId: machine.identity.principalId,
    /** A token for the exchange audience, signed by the key of now. */
    token: async (): Promise<string> => {
      const scope = `${AUDIENCE}/.default`
      return (await askForToken(machine, trial, { scope })).body.access_token
    },
    rotate: async (urgency: string) => {
      const client = await createControlPlaneClient({
        url,
        ca: readFileSync(caFile, 'utf8'),
        credential: { kind: 'secret', clientId, secret },
        now: trial.clock.now,
      })
      const { body } = await client.call('POST', '/landfast/v1/signing-keys/rotate', { body: { urgency } })
      client.close()
      return body as { kid: string }
    },
    run: (...args: string[]) =>
      command.run(['control-plane', 'export-discovery', ...args, ...flags], { env: {} }),
  }
}

/** Runs it into the folder, and reads what it says. */
async function exported({ run, folder }: Awaited<ReturnType<typeof startPrivateIssuer>>) {
  const { code, stdout, stderr } = await run(folder, '--json')
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout)
}

test('an outsider verifies a token by the exported files alone, through a rotation that was exported in time', async () => {
  const site = await startPrivateIssuer()
  const { kids, issuer } = await exported(site)
  expect([kids.length, issuer]).toEqual([1, site.issuer])
  const outsider = await serveStatic(site.folder, site.issuer)
  const verify = async (token: string) =>
    outsider.verify(token, { audience: AUDIENCE, now: site.clock.now() })
  const old = await site.token()
  expect(await verify(old)).toMatchObject({ iss: site.issuer, sub: site.objectId, aud: AUDIENCE })
  const { kid } = await site.rotate('planned')
  expect((await exported(site)).kids).toEqual([...kids, kid])
  expect((await verify(old)).sub).toBe(site.objectId)
  site.clock.advance(DAY_SECONDS)
  expect((await verify(await site.token())).sub).toBe(site.objectId)
  const base = new URL(site.issuer).pathname
  expect(new Set(outsider.asked)).toEqual(new Set([`${base}.well-known/openid-configuration`, `${base}keys`]))
})

test('a key that was made after the export signs nothing for a day, and then nothing that the old files verify', async () => {
  const site = await startPrivateIssuer()
  const { staleFrom } = await exported(site)
  expect(Date.parse(staleFrom) - Date.now()).toBeGreaterThan(DAY_SECONDS * 1000 - 120_000)
  const outsider = await serveStatic(site.folder, site.issuer)
  const verify = async () =>
    outsider.verify(await site.token(), { audience: AUDIENCE, now: site.clock.now() })
  await site.rotate('planned')
  site.clock.advance(DAY_SECONDS - 60)
  expect((await verify()).sub).toBe(site.objectId)
  site.clock.advance(120)
  await expect(verify()).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' })
  await exported(site)
  expect((await verify()).sub).toBe(site.objectId)
})

test('after a key was withdrawn, the next export holds it no more', async () => {
  const site = await startPrivateIssuer()
  await exported(site)
  const outsider = await serveStatic(site.folder, site.issuer)
  const stolen = await site.token()
  const { kid } = await site.rotate('compromised')
  expect((await exported(site)).kids).toEqual([kid])
  const options = { audience: AUDIENCE, now: site.clock.now() }
  await expect(outsider.verify(stolen, options)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' })
  expect((await outsider.verify(await site.token(), options)).sub).toBe(site.objectId)
})

test('the files are for everybody, say nothing of where the control plane is, and are what it serves otherwise', async () => {
  const site = await startPrivateIssuer()
  await exported(site)
  const read = (name: string) => readFileSync(join(site.folder, name), 'utf8')
  const configuration = JSON.parse(read('.well-known/openid-configuration'))
  const base = `${site.controlPlane.url}/${site.controlPlane.tenantId}`
  const served = (await send(site.controlPlane, `${base}/.well-known/openid-configuration`)).body
  const { issuer, jwks_uri, ...carried } = configuration
  expect([issuer, jwks_uri]).toEqual([site.issuer, `${site.issuer}keys`])
  expect(served).toMatchObject(carried)
  expect(Object.keys(carried)).toEqual(
    expect.arrayContaining(['response_types_supported', 'subject_types_supported', 'claims_supported']),
  )
  expect(JSON.parse(read('keys'))).toEqual((await send(site.controlPlane, `${base}/discovery/keys`)).body)
  const { host } = new URL(site.controlPlane.url)
  expect(read('.well-known/openid-configuration') + read('keys')).not.toContain(host)
  const modes = ['', '.well-known', '.well-known/openid-configuration', 'keys'].map(
    (name) => statSync(join(site.folder, name)).mode & 0o777,
  )
  expect(modes).toEqual([0o755, 0o755, 0o644, 0o644])
})

test('an issuer with a port is exported with a warning', async () => {
  const site = await startPrivateIssuer((tenant) => `https://id.example.com:8443/${tenant}`)
  const { code, stdout, stderr } = await site.run(site.folder)
  expect([code, stderr]).toEqual([0, expect.stringContaining('the issuer has a port, which AWS refuses')])
  expect(stdout).toContain(`issuer       ${site.issuer}\n`)
  const { jwks_uri } = JSON.parse(readFileSync(join(site.folder, '.well-known/openid-configuration'), 'utf8'))
  expect(jwks_uri).toBe(`${site.issuer}/keys`)
})

test('a folder of another issuer, a file for a folder and an address of something else change nothing', async () => {
  const site = await startPrivateIssuer()
  const parent = await temporaryFolder()
  mkdirSync(join(parent, 'other', '.well-known'), { recursive: true })
  const foreign = JSON.stringify({ issuer: 'https://other.example.com/' })
  writeFileSync(join(parent, 'other', '.well-known', 'openid-configuration'), foreign)
  writeFileSync(join(parent, 'other', 'keys'), '{}')
  const other = await site.run(join(parent, 'other'))
  expect([other.code, other.stderr]).toEqual([69, expect.stringContaining('is of another issuer than')])
  expect(readFileSync(join(parent, 'other', 'keys'), 'utf8')).toBe('{}')
  writeFileSync(join(parent, 'file'), '')
  expect(await site.run(join(parent, 'file', 'x'))).toMatchObject({ code: 69 })
  symlinkSync(join(parent, 'nowhere'), join(parent, 'link'))
  expect(await site.run(join(parent, 'link'))).toMatchObject({ code: 69 })
  const nobody = ['--url', 'https://127.0.0.1:1']
  const away = await command.run(['control-plane', 'export-discovery', join(parent, 'new'), ...nobody], {
    env: {},
  })
  expect(away.code).toBe(26)
  expect(() => statSync(join(parent, 'new'))).toThrow()
})

test('with the settings of the control plane its address and CA are known, and a shape that the files do not serve is refused', async () => {
  const site = await startPrivateIssuer()
  const config = join(await temporaryFolder(), 'control-plane.yaml')
  const written = (more: string) =>
    writeFileSync(config, `url: ${site.controlPlane.url}\nstate-dir: ${site.stateFolder}\n${more}`)
  const run = () =>
    command.run(['control-plane', 'export-discovery', site.folder, '--config', config, '-j'], { env: {} })
  written('')
  const { code, stdout, stderr } = await run()
  expect(code, stderr).toBe(0)
  expect(JSON.parse(stdout).issuer).toBe(site.issuer)
  const { stderr: old } = await run()
  expect(old).toContain('restart it')
  written(`issuer-v1: https://id.example.com/landfast/{tenant}/\n`)
  expect((await run()).stderr).toBe('')
  written(`token-version-2-audiences: [${AUDIENCE}USGov]\n`)
  expect(await run()).toMatchObject({ code: 23, stderr: expect.stringContaining('name another issuer') })
})
