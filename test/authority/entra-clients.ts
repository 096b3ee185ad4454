/**
 * Microsoft's own clients of Entra ID, unmodified, in a process of their own that trusts the control plane's CA.
 * Prints a JSON object with what each of them got: the claims that tell it, or the message of its error.
 *
 * Usage: node entra-clients.ts CLIENT_FILE [default]
 *
 * With "default" no client is told anything about its authority, which is then at the name of Entra ID itself.
 *
 * @module
 */

import { readFileSync, writeFileSync } from 'node:fs'
import {
  ClientAssertionCredential,
  ClientCertificateCredential,
  ClientSecretCredential,
  EnvironmentCredential,
  type TokenCredential,
  WorkloadIdentityCredential,
} from '@azure/identity'
import { ConfidentialClientApplication, type Configuration } from '@azure/msal-node'
import { decodeJwt } from 'jose'
import { makeOwnAssertion, ownKey } from './own-assertion.ts'
import type { PreparedClient } from './prepared-client.ts'

const [clientFile = '', mode = 'told'] = process.argv.slice(2)
const client: PreparedClient = JSON.parse(readFileSync(clientFile, 'utf8'))
const { url, tenantId, clientId, clientSecret, certificateFile, chainFile } = client
const options = mode === 'default' ? {} : { authorityHost: url, disableInstanceDiscovery: true }
const tokenFilePath = `${clientFile}.assertion`
writeFileSync(tokenFilePath, await makeOwnAssertion(client), { mode: 0o600 })

/** Gets one access token for an audience. */
type GetToken = (audience: string) => Promise<string>

const CLIENTS: Record<string, () => GetToken> = {
  ClientSecretCredential: () =>
    credential(new ClientSecretCredential(tenantId, clientId, clientSecret, options)),
  ClientCertificateCredential: () =>
    credential(new ClientCertificateCredential(tenantId, clientId, certificateFile, options)),
  'ClientCertificateCredential with a chain': () =>
    credential(
      new ClientCertificateCredential(tenantId, clientId, chainFile, {
        ...options,
        sendCertificateChain: true,
      }),
    ),
  ClientAssertionCredential: () =>
    credential(new ClientAssertionCredential(tenantId, clientId, () => makeOwnAssertion(client), options)),
  WorkloadIdentityCredential: () =>
    credential(new WorkloadIdentityCredential({ tenantId, clientId, tokenFilePath, ...options })),
  'EnvironmentCredential with a secret': () => fromEnvironment({ AZURE_CLIENT_SECRET: clientSecret }),
  'EnvironmentCredential with a certificate': () =>
    fromEnvironment({ AZURE_CLIENT_CERTIFICATE_PATH: certificateFile }),
  'MSAL with a secret': () => application({ clientSecret }),
  'MSAL with a certificate': () => application({ clientCertificate: certificateOf('thumbprintSha256') }),
  'MSAL with a SHA-1 thumbprint': () => application({ clientCertificate: certificateOf('thumbprint') }),
  'MSAL with an assertion': () => application({ clientAssertion: () => makeOwnAssertion(client) }),
  'a wrong secret': () => credential(new ClientSecretCredential(tenantId, clientId, 'wrong', options)),
}

function credential(one: TokenCredential): GetToken {
  return async (audience) => {
    const token = await one.getToken(`${audience}/.default`)
    if (!token) throw new Error('the credential gave no token')
    return token.token
  }
}

/** Whatever an earlier one left must not be found by this one. */
function fromEnvironment(variables: Record<string, string>): GetToken {
  for (const name of ['AZURE_CLIENT_SECRET', 'AZURE_CLIENT_CERTIFICATE_PATH']) delete process.env[name]
  Object.assign(process.env, { AZURE_TENANT_ID: tenantId, AZURE_CLIENT_ID: clientId, ...variables })
  if (mode === 'default') return credential(new EnvironmentCredential())
  process.env.AZURE_AUTHORITY_HOST = url
  return credential(new EnvironmentCredential({ disableInstanceDiscovery: true }))
}

function certificateOf(kind: 'thumbprint' | 'thumbprintSha256') {
  const key = ownKey(client)
  return { [kind]: key[kind], privateKey: key.privateKeyPem, x5c: key.certificatePem }
}

function application(secret: Partial<Configuration['auth']>): GetToken {
  const authority = `${url}/${tenantId}`
  const known = mode === 'default' ? {} : { knownAuthorities: [new URL(url).host] }
  const msal = new ConfidentialClientApplication({ auth: { clientId, authority, ...known, ...secret } })
  return async (audience) => {
    const answer = await msal.acquireTokenByClientCredential({ scopes: [`${audience}/.default`] })
    if (!answer) throw new Error('MSAL gave no token')
    return answer.accessToken
  }
}

async function attempt(getToken: GetToken): Promise<unknown> {
  try {
    const first = await getToken('https://vault.azure.net')
    const others = [await getToken('https://storage.azure.com'), await getToken('https://vault.azure.net')]
    const [a, b, c] = [first, ...others].map((token) => decodeJwt(token))
    return { oid: a?.oid, by: a?.appidacr, audiences: [a?.aud, b?.aud], cached: a?.uti === c?.uti }
  } catch (error) {
    return { error: String((error as Error).message) }
  }
}

const results: Record<string, unknown> = {}
for (const [name, make] of Object.entries(CLIENTS)) results[name] = await attempt(make())
process.stdout.write(JSON.stringify(results))
