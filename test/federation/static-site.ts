/**
 * A static web server with an issuer's exported folder at the issuer's path, and an outsider who knows the issuer alone.
 *
 * @module
 */

import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createRemoteJWKSet, customFetch, type JWTPayload, jwtVerify } from 'jose'
import { onTestFinished } from 'vitest'
import { makeCertificate } from '../../packages/control-plane/src/testing/issuer-keys.ts'

/** Verifies tokens by what the server has now. */
export interface Outsider {
  verify(token: string, options: { audience: string; now: Date }): Promise<JWTPayload>
  /** What was asked of the server. */
  asked: string[]
}

/** Serves `folder` as `issuer`, which the outsider's resolver takes to the loopback address, until the test ends. */
export async function serveStatic(folder: string, issuer: string): Promise<Outsider> {
  const { hostname, pathname } = new URL(issuer)
  const { key, certificate } = await makeCertificate([{ type: 'dns', value: hostname }])
  const asked: string[] = []
  const server = createServer({ key, cert: certificate }, async (incoming, outgoing) => {
    const { url = '' } = incoming
    asked.push(url)
    const content = url.startsWith(pathname)
      ? await readFile(join(folder, url.slice(pathname.length))).catch(() => undefined)
      : undefined
    outgoing.writeHead(content ? 200 : 404).end(content)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const read = (url: string) => get(url, { port, ca: certificate })
  return { asked, verify: (token, options) => verify(token, { ...options, issuer, read }) }
}

async function verify(
  token: string,
  how: { issuer: string; audience: string; now: Date; read: (url: string) => Promise<Response> },
): Promise<JWTPayload> {
  const { issuer, audience, now, read } = how
  const found = await read(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  const document = (await found.json()) as { issuer: string; jwks_uri: string }
  const keys = createRemoteJWKSet(new URL(document.jwks_uri), { [customFetch]: (url) => read(url) })
  const { payload } = await jwtVerify(token, keys, {
    issuer: document.issuer,
    audience,
    currentDate: now,
    algorithms: ['RS256'],
  })
  return payload
}

/** The address says where, and the URL alone as whom. */
async function get(url: string, { port, ca }: { port: number; ca: string }): Promise<Response> {
  const { hostname: servername, pathname: path, host } = new URL(url)
  const to = { host: '127.0.0.1', port, path, ca, servername, agent: false, headers: { host } }
  const outgoing = request(to).end()
  const [incoming] = await once(outgoing, 'response')
  const body = Buffer.concat(await incoming.toArray())
  return new Response(body, { status: incoming.statusCode })
}
