/** The commands where the control plane is reached by another name than its own, which leads nowhere from here. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createHttpsClient } from '@landfast/agent/upstream'
import { FEDERATED_AUDIENCE } from '@landfast/protocol'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { startTrial, temporaryFolder } from '../../packages/control-plane/src/testing/trial.ts'
import { makeCertificate } from '../../packages/control-plane/src/testing/trial-certificates.ts'
import { makeCommand, type TestCommand } from '../cli/command.ts'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

/** RFC 6761 keeps this domain out of the DNS. */
const OWN = 'https://id.example.test'

async function startElsewhere() {
  const { controlPlane } = await startTrial({ url: OWN })
  const folder = await temporaryFolder()
  const { caFile, administratorFile = '' } = controlPlane
  const url = `https://localhost:${controlPlane.port}`
  const run = (args: readonly string[], home = 'administrator') =>
    command.run([...args], { env: { XDG_CONFIG_HOME: join(folder, home) } })
  const logIn = (credential: readonly string[], home?: string) =>
    run(['login', '--url', url, '--ca-file', caFile, ...credential], home)
  const read = async (...args: string[]): Promise<Record<string, string>> => {
    const { code, stdout, stderr } = await run([...args, '--json'])
    expect(code, stderr).toBe(0)
    return JSON.parse(stdout)
  }
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  return { ...{ controlPlane, caFile, administratorFile, url, folder, run, logIn, read, file } }
}

type Elsewhere = Awaited<ReturnType<typeof startElsewhere>>

/** A token of this application, as a CI job has one of its own issuer. */
async function exchangeToken(site: Elsewhere, application: { clientId: string; secret: string }) {
  const https = createHttpsClient(readFileSync(site.caFile, 'utf8'))
  onTestFinished(() => https.close())
  const { body } = await https.send(`${site.url}/${site.controlPlane.tenantId}/oauth2/v2.0/token`, {
    form: {
      grant_type: 'client_credentials',
      client_id: application.clientId,
      client_secret: application.secret,
      scope: `${FEDERATED_AUDIENCE}/.default`,
    },
    signal: AbortSignal.timeout(60_000),
  })
  return String(body?.access_token)
}

test('"login --url" asks for the token there too, by each credential', async () => {
  const site = await startElsewhere()
  const { logIn, read, run } = site
  const loggedIn = { code: 0, stdout: expect.stringContaining(`logged in to ${site.url}`) }
  expect(await logIn(['--administrator', site.administratorFile])).toMatchObject(loggedIn)
  expect(await run(['service-principal', 'list'])).toMatchObject({ code: 0, stderr: '' })

  const secretFile = join(site.folder, 'a.secret')
  const { clientId = '' } = await read('service-principal', 'create', 'a', '--secret-file', secretFile)
  const id = ['--service-principal-id', clientId]
  expect(await logIn([...id, '--service-principal-secret-file', secretFile], 'secret')).toMatchObject(
    loggedIn,
  )

  const { pem, privateKey } = await makeCertificate({ name: 'CN=a' })
  const both = site.file('both.pem', `${privateKey.export({ type: 'pkcs8', format: 'pem' })}${pem}\n`)
  expect(await run(['service-principal', 'add-certificate', 'a', '--cert', both])).toMatchObject({ code: 0 })
  expect(await logIn([...id, '--service-principal-cert', both], 'certificate')).toMatchObject(loggedIn)

  const token = await exchangeToken(site, { clientId, secret: readFileSync(secretFile, 'utf8').trim() })
  const { iss, sub } = decodeJwt(token)
  await read('identity', 'create', 'deploy')
  const trust = ['--name', 'job', '--issuer', `${iss}`, '--subject', `${sub}`]
  expect(await run(['identity', 'federate', 'add', 'deploy', ...trust])).toMatchObject({ code: 0 })
  const identity = (await read('identity', 'show', 'deploy')) as unknown as {
    properties: { clientId: string }
  }
  const federated = [
    ...['--service-principal-id', identity.properties.clientId],
    ...['--federated-token-file', site.file('job.token', token)],
  ]
  expect(await logIn(federated, 'federated')).toMatchObject(loggedIn)
})

test('a secret that is refused there is a refused credential, with the page of the portal there', async () => {
  const site = await startElsewhere()
  const content = JSON.parse(readFileSync(site.administratorFile, 'utf8'))
  const wrong = site.file('wrong', JSON.stringify({ ...content, clientSecret: 'MARKED-SECRET' }))
  const { code, stderr } = await site.logIn(['--administrator', wrong])
  expect([code, stderr]).toEqual([41, expect.stringContaining('AADSTS7000215')])
  expect(stderr).toContain(`${site.url}/portal/find?q=`)
  expect(stderr).not.toContain('MARKED')
})

test('"connect --url" makes no machine, since its agent asks the control plane by its own name', async () => {
  const site = await startElsewhere()
  await site.logIn(['--administrator', site.administratorFile])
  const { clientId, clientSecret, subscriptionId } = JSON.parse(readFileSync(site.administratorFile, 'utf8'))
  const { code, stderr } = await site.run([
    ...['connect', '--url', site.url, '--ca-file', site.caFile, '--state-dir', join(site.folder, 'machine')],
    ...['--subscription-id', subscriptionId, '--resource-group', 'web', '--location', 'cellar'],
    ...['--service-principal-id', clientId],
    ...['--service-principal-secret-file', site.file('secret', clientSecret)],
  ])
  expect([code, stderr]).toEqual([26, expect.stringContaining(`no answer from "${OWN}"`)])
  expect(stderr).toContain(`by which the agent will ask: ${OWN}`)
  expect(JSON.parse((await site.run(['machine', 'list', '--json'])).stdout)).toEqual([])
})

test('"trust --url" reads the issuer there', async () => {
  const site = await startElsewhere()
  const args = ['trust', 'aws', '--url', site.url, '--ca-file', site.caFile]
  const { stdout } = await site.run([...args, '--state-dir', join(site.folder, 'none'), '--json'])
  expect(JSON.parse(stdout).issuer).toContain(site.controlPlane.tenantId)
})
