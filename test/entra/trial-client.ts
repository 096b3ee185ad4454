/**
 * A client that a test makes: a key with its certificate, its assertions with what the test changes in them, and its
 * requests. It signs by `jose`, not by code of the product.
 *
 * @module
 */

import { createHash, randomUUID, X509Certificate } from 'node:crypto'
import { request } from 'node:https'
import { SignJWT } from 'jose'
import {
  type CertificateWish,
  makeCertificate,
  type TrialCertificate,
} from '../../packages/control-plane/src/testing/trial-certificates.ts'
import type { Entra } from './server.ts'

/** The application of tests. */
export const APPLICATION = {
  tenantId: '72f98800-86f1-41af-91ab-2d7cd011db47',
  clientId: '97e0a5b7-d745-40b6-94fe-5f77d35c6e05',
  objectId: '5a5ab5ab-1111-4222-8333-444444444444',
} as const

/** What is asked for when a test asks for nothing else. */
export const SCOPE = 'https://vault.azure.net/.default'

/** An RSA key with a certificate. */
export function makeClientCertificate(wish: CertificateWish = {}): Promise<TrialCertificate> {
  return makeCertificate({ kind: 'rsa', name: 'CN=landfast', ...wish })
}

/** Changes in an assertion; undefined takes a member away. */
export interface AssertionWish {
  alg?: string
  header?: Readonly<Record<string, unknown>>
  claims?: Readonly<Record<string, unknown>>
  /** Signs with this key instead. */
  signer?: TrialCertificate
}

/** An assertion as Microsoft's page on certificate credentials has it. */
export async function makeAssertion(
  entra: Pick<Entra, 'authorityHost'>,
  certificate: TrialCertificate,
  { alg = 'PS256', header, claims, signer = certificate }: AssertionWish = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const { clientId, tenantId } = APPLICATION
  const payload = {
    aud: `${entra.authorityHost}/${tenantId}/oauth2/v2.0/token`,
    iss: clientId,
    sub: clientId,
    jti: randomUUID(),
    nbf: now,
    iat: now,
    exp: now + 600,
    ...claims,
  }
  const thumbprint = { 'x5t#S256': thumbprintOf(certificate, 'sha256') }
  return await new SignJWT(payload)
    .setProtectedHeader({ typ: 'JWT', ...(header ? {} : thumbprint), ...header, alg })
    .sign(signer.privateKey)
}

/** As headers carry it. */
export function thumbprintOf({ pem }: TrialCertificate, hash: 'sha256' | 'sha1'): string {
  return createHash(hash).update(new X509Certificate(pem).raw).digest('base64url')
}

/** An answer. */
export interface EntraAnswer {
  status: number
  headers: Readonly<Record<string, unknown>>
  text: string
  body: Record<string, unknown>
}

/** Asks for a token with `assertion`; `changes` are of the form, and undefined takes a field away. */
export function askToken(
  { authorityHost, ca }: Pick<Entra, 'authorityHost' | 'ca'>,
  assertion: string,
  changes: Readonly<Record<string, string | undefined>> = {},
  tenantId: string = APPLICATION.tenantId,
): Promise<EntraAnswer> {
  const fields = {
    grant_type: 'client_credentials',
    client_id: APPLICATION.clientId,
    scope: SCOPE,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
    ...changes,
  }
  const present = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined)
  return send(`${authorityHost}/${tenantId}/oauth2/v2.0/token`, ca, new URLSearchParams(present).toString())
}

/** Sends `form`, or asks for a document without one. */
export function send(url: string, ca: string, form?: string): Promise<EntraAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method: form === undefined ? 'GET' : 'POST', ca, agent: false },
      async (incoming) => {
        const text = Buffer.concat(await incoming.toArray()).toString()
        const isJson = String(incoming.headers['content-type']).startsWith('application/json')
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          text,
          body: isJson ? JSON.parse(text) : {},
        })
      },
    )
    outgoing.setHeader('Content-Type', 'application/x-www-form-urlencoded')
    outgoing.on('error', reject)
    outgoing.end(form)
  })
}
