/**
 * Gets a token of a realm with a certified client of OpenID Connect, which proves itself by a token file in place of a secret, and
 * prints one JSON line that tells whose it is, or the error. The CA of the realm comes by NODE_EXTRA_CA_CERTS.
 *
 * Usage: node keycloak-client.ts ISSUER TOKEN_FILE
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { JWT_BEARER } from '@landfast/protocol'
import { decodeJwt } from 'jose'
import { type ClientAuth, clientCredentialsGrant, discovery } from 'openid-client'
import { endProcess, writeOutput } from '../../packages/cli/src/output.ts'

const [issuer = '', file = ''] = process.argv.slice(2)

writeOutput('stdout', `${JSON.stringify(await getToken())}\n`)
await endProcess(0)

async function getToken(): Promise<object> {
  const prove: ClientAuth = (_server, _client, body) => {
    body.set('client_assertion_type', JWT_BEARER)
    body.set('client_assertion', readFileSync(file, 'utf8'))
  }
  try {
    const realm = await discovery(new URL(issuer), 'shop', undefined, prove)
    const {
      azp,
      iss,
      preferred_username: user,
    } = decodeJwt((await clientCredentialsGrant(realm)).access_token)
    return { azp, iss, user }
  } catch (error) {
    return { error: String((error as Error).cause ?? error) }
  }
}
