/**
 * A double of AWS's Security Token Service that verifies: the token by the issuer's own discovery document, the role by its
 * trust policy, and requests with the credentials that it gave by their signature. It answers in AWS's XML.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 * @module
 */

import { randomBytes, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { digestOfCredentials } from './credentials-digest.ts'
import { type IdentityProvider, judgeToken, StsRefusal } from './identity-provider.ts'
import { readSignature } from './signature-v4.ts'

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/'
const VERSION = '2011-06-15'

/** Lengths and forms of the parameters, from the API's reference. */
const PARAMETERS: Readonly<Record<string, RegExp>> = {
  RoleArn: /^[\t\n\r\x20-\x7e\x85\xa0-\ud7ff]{20,2048}$/,
  RoleSessionName: /^[\w+=,.@-]{2,64}$/,
  WebIdentityToken: /^[!-~]{4,20000}$/,
}

/** The conditions of a trust policy: `ISSUER:sub` and `ISSUER:aud`. */
export interface TrustPolicy {
  sub: string
  aud: string
}

/** What the double is started with. */
export interface StsOptions {
  provider: IdentityProvider
  roles: Readonly<Record<string, TrustPolicy>>
  now?: () => Date
}

/** A running double. */
export interface StsDouble {
  url: string
  /** The parameters of each exchange that was asked for, without the token. */
  exchanges: Readonly<Record<string, string>>[]
  /** How far its clock is ahead. */
  aheadSeconds: number
  /** How long credentials live. */
  lifetimeSeconds: number
  /** What it answers in place of all else. */
  failure: { status: number; code?: string; retryAfter?: string; body?: string } | undefined
  /** Awaited before each answer. */
  gate: Promise<unknown>
  /** What the double gave under the key id, in a form that a test may print. */
  digestOf(accessKeyId: string): string | undefined
  stop(): Promise<void>
}

interface Given {
  secretAccessKey: string
  sessionToken: string
  arn: string
}

/** Starts one on this host. */
export async function startSts(options: StsOptions): Promise<StsDouble> {
  const given = new Map<string, Given>()
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.destroy(error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const double: StsDouble = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    exchanges: [],
    aheadSeconds: 0,
    lifetimeSeconds: 3600,
    failure: undefined,
    gate: Promise.resolve(),
    digestOf: (id) => {
      const found = given.get(id)
      return found && digestOfCredentials(id, found.secretAccessKey, found.sessionToken)
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return double

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    const form = Object.fromEntries(new URLSearchParams(body))
    if (form.Action === 'AssumeRoleWithWebIdentity') {
      const { WebIdentityToken: _, ...shown } = form
      double.exchanges.push(shown)
    }
    await double.gate
    const { failure } = double
    if (failure) return sendFailure(response, failure)
    try {
      if (form.Version !== VERSION) throw new StsRefusal(400, 'InvalidAction', 'Could not find operation')
      send(response, 200, form.Action === 'GetCallerIdentity' ? caller(request, body) : await assume(form))
    } catch (error) {
      if (!(error instanceof StsRefusal)) throw error
      send(response, error.status, errorXml(error.code, error.message))
    }
  }

  async function assume(form: Record<string, string>): Promise<string> {
    const { now = () => new Date() } = options
    if (form.Action !== 'AssumeRoleWithWebIdentity') {
      throw new StsRefusal(400, 'InvalidAction', `Could not find operation ${form.Action}`)
    }
    for (const [name, pattern] of Object.entries(PARAMETERS)) {
      if (pattern.test(form[name] ?? '')) continue
      throw new StsRefusal(400, 'ValidationError', `Value at '${name}' failed to satisfy constraint`)
    }
    const { RoleArn: arn = '', RoleSessionName: session = '', WebIdentityToken: token = '' } = form
    const claims = await judgeToken(
      token,
      options.provider,
      new Date(now().getTime() + double.aheadSeconds * 1000),
    )
    const policy = options.roles[arn]
    if (!policy || policy.sub !== claims.sub || policy.aud !== claims.aud) {
      throw new StsRefusal(403, 'AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity')
    }
    return give({ arn, session, claims, end: new Date(now().getTime() + double.lifetimeSeconds * 1000) })
  }

  function give({ arn, session, claims, end }: Grant): string {
    const accessKeyId = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`
    const secretAccessKey = randomBytes(30).toString('base64')
    const sessionToken = randomBytes(300).toString('base64')
    const assumed = `${arn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/${session}`
    given.set(accessKeyId, { secretAccessKey, sessionToken, arn: assumed })
    return resultXml(
      'AssumeRoleWithWebIdentity',
      `<SubjectFromWebIdentityToken>${claims.sub}</SubjectFromWebIdentityToken><Audience>${claims.aud}</Audience>` +
        `<AssumedRoleUser><Arn>${assumed}</Arn><AssumedRoleId>AROA:${session}</AssumedRoleId></AssumedRoleUser>` +
        `<Credentials><SessionToken>${sessionToken}</SessionToken><SecretAccessKey>${secretAccessKey}</SecretAccessKey>` +
        `<Expiration>${end.toISOString().slice(0, 19)}Z</Expiration><AccessKeyId>${accessKeyId}</AccessKeyId></Credentials>` +
        `<Provider>${options.provider.issuer}</Provider>`,
    )
  }

  function caller(request: IncomingMessage, body: string): string {
    const signed = readSignature(request, body)
    const found = given.get(signed?.accessKeyId ?? '')
    if (!signed || !found || found.sessionToken !== signed.sessionToken) {
      throw new StsRefusal(
        403,
        'InvalidClientTokenId',
        'The security token included in the request is invalid',
      )
    }
    if (!signed.by(found.secretAccessKey)) {
      throw new StsRefusal(403, 'SignatureDoesNotMatch', 'The request signature does not match')
    }
    return resultXml('GetCallerIdentity', `<Arn>${found.arn}</Arn><UserId>AROA</UserId><Account>1</Account>`)
  }
}

interface Grant {
  arn: string
  session: string
  claims: { sub: string; aud: string }
  end: Date
}

function sendFailure(response: ServerResponse, failure: NonNullable<StsDouble['failure']>): void {
  const { status, code, retryAfter, body = code ? errorXml(code, 'the test says so') : '' } = failure
  if (retryAfter) response.setHeader('Retry-After', retryAfter)
  send(response, status, body)
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'Content-Type': 'text/xml' })
  response.end(body)
}

function resultXml(action: string, content: string): string {
  return (
    `<${action}Response xmlns="${NAMESPACE}">\n  <${action}Result>${content}</${action}Result>\n` +
    `  <ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>\n</${action}Response>\n`
  )
}

function errorXml(code: string, message: string): string {
  return (
    `<ErrorResponse xmlns="${NAMESPACE}">\n  <Error>\n    <Type>Sender</Type>\n    <Code>${code}</Code>\n` +
    `    <Message>${message}</Message>\n  </Error>\n  <RequestId>${randomUUID()}</RequestId>\n</ErrorResponse>\n`
  )
}
