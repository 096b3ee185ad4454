/**
 * Verifies a token as any service that accepts tokens would: the keys and the issuer come from the authority's
 * discovery document; the service shares no secret with the issuer. The token is read from standard input.
 *
 * AUTHORITY  for example https://login.microsoftonline.com/TENANT
 * AUDIENCE   what this service is called in tokens, for example https://storage.azure.com/
 */

import { text } from 'node:stream/consumers'
import { createRemoteJWKSet, jwtVerify } from 'jose'

const { AUTHORITY, AUDIENCE } = process.env
if (!AUTHORITY || !AUDIENCE) throw new Error('set AUTHORITY and AUDIENCE')

const discovery = await fetch(`${AUTHORITY}/.well-known/openid-configuration`)
if (!discovery.ok) throw new Error(`discovery answered ${discovery.status}`)
const { issuer, jwks_uri } = (await discovery.json()) as { issuer: string; jwks_uri: string }

const token = (await text(process.stdin)).trim()
const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(jwks_uri)), {
  issuer,
  audience: AUDIENCE,
  algorithms: ['RS256'],
})
process.stdout.write(`signature, issuer ${payload.iss} and audience ${payload.aud} are right\n`)
process.stdout.write(`the caller is the identity ${payload.oid} of ${payload.xms_mirid}\n`)
