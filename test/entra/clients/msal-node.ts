/**
 * MSAL for Node at an authority of Entra's kind: by certificate twice, then by the assertion of another issuer. Prints what
 * it got as one JSON line: the claims of the tokens, or the message of an error; never a token.
 *
 * Usage: node msal-node.ts CLIENT_FILE
 *
 * @module
 */

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ConfidentialClientApplication, type Configuration } from '@azure/msal-node'
import { decodeJwt } from 'jose'

const client = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
const privateKey = readFileSync(client.keyFile, 'utf8')
const certificate = new X509Certificate(readFileSync(client.certificateFile))
const thumbprintSha256 = certificate.fingerprint256.replaceAll(':', '').toLowerCase()

async function ask(credential: Partial<Configuration['auth']>): Promise<object> {
  const { clientId, authority, scope } = client
  const knownAuthorities = [new URL(authority).host]
  const auth = { clientId, authority, knownAuthorities, ...credential }
  const msal = new ConfidentialClientApplication({ auth })
  try {
    const tokens = new Set<string>()
    for (let call = 0; call < 2; call++) {
      tokens.add((await msal.acquireTokenByClientCredential({ scopes: [scope] }))?.accessToken ?? '')
    }
    const [token = ''] = tokens
    return { claims: decodeJwt(token), tokens: tokens.size }
  } catch (error) {
    return { error: String((error as Error).message) }
  }
}

const line = {
  certificate: await ask({ clientCertificate: { thumbprintSha256, privateKey } }),
  assertion: await ask({ clientAssertion: async () => readFileSync(client.assertionFile, 'utf8') }),
}
process.stdout.write(`${JSON.stringify(line)}\n`)
