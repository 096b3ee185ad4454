import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startAuthority } from '../../../../test/agent/authority.ts'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { createHttpsClient } from '../../../agent/src/authority/https-client.ts'
import { fetchToken } from './control-plane-token.ts'
import { type CredentialFlags, readCredential } from './credential-flags.ts'

function file(text: string, mode = 0o600): string {
  const path = join(temporaryFolder(), 'file')
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

test('nothing given is no credential', async () => {
  expect(await readCredential({}, {})).toBeUndefined()
})

test('each flag gives its credential, and variables give secrets', async () => {
  const secret = { kind: 'secret', clientId: 'c', secret: 's' }
  const id = { servicePrincipalId: 'c' }
  expect(await readCredential({ ...id, servicePrincipalSecretFile: file('s\n') }, {})).toEqual(secret)
  expect(await readCredential({ ...id, servicePrincipalSecret: 's' }, {})).toEqual(secret)
  expect(await readCredential(id, { LANDFAST_SERVICE_PRINCIPAL_SECRET: 's' })).toEqual(secret)
  const token = { kind: 'token', accessToken: 't' }
  expect(await readCredential({ accessTokenFile: file('t') }, {})).toEqual(token)
  expect(await readCredential({}, { LANDFAST_ACCESS_TOKEN: 't' })).toEqual(token)
  expect(await readCredential({ accessToken: 't' }, { LANDFAST_ACCESS_TOKEN: 'other' })).toEqual(token)
})

test.each<[string, CredentialFlags, string]>([
  ['two credentials', { servicePrincipalSecret: 's', accessTokenFile: '/x' }, 'argument_invalid'],
  ['a secret without its client', { servicePrincipalSecret: 's' }, 'argument_missing'],
  ['a client without its secret', { servicePrincipalId: 'c' }, 'argument_missing'],
  ['a file that is not there', { accessTokenFile: '/nowhere' }, 'config_unreadable'],
])('%s is refused', async (_, flags, code) => {
  await expect(readCredential(flags, {})).rejects.toMatchObject({ code })
})

test('a secret that others may read is refused, a CI job\u2019s token is not, and neither may be empty', async () => {
  const id = { servicePrincipalId: 'c' }
  await expect(readCredential({ accessTokenFile: file('t', 0o644) }, {})).rejects.toMatchObject({
    code: 'secret_file_unsafe',
  })
  expect(await readCredential({ ...id, federatedTokenFile: file('a', 0o644) }, {})).toEqual({
    kind: 'federated',
    clientId: 'c',
    assertion: 'a',
  })
  await expect(readCredential({ ...id, federatedTokenFile: file(' ') }, {})).rejects.toMatchObject({
    code: 'argument_invalid',
  })
})

test('a file that holds no key is no certificate, and nothing of it is quoted', async () => {
  const flags = { servicePrincipalId: 'c', servicePrincipalCert: file('MARKED') }
  const error = await readCredential(flags, {}).catch((thrown) => thrown)
  expect(error).toMatchObject({ code: 'argument_invalid' })
  expect(error.message).not.toContain('MARKED')
})

test('the token of a CI job is exchanged for an access token', async () => {
  const authority = await startAuthority()
  const https = createHttpsClient(authority.registration.ca)
  onTestFinished(() => https.close())
  const token = await fetchToken({
    https,
    authority: authority.registration.authority,
    credential: { kind: 'federated', clientId: 'c', assertion: 'the-token-of-the-job' },
    now: () => new Date(),
    signal: AbortSignal.timeout(60_000),
  })
  expect(token).toBe('the-token')
  expect(Object.fromEntries(authority.seen[0]?.form ?? [])).toEqual({
    grant_type: 'client_credentials',
    client_id: 'c',
    scope: 'https://management.azure.com/.default',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: 'the-token-of-the-job',
  })
})
