/**
 * The services that whole programs ask, under the names that they have in Azure: Azurite as a storage account, and the control
 * plane as the Resource Manager. In front of both stands a server that verifies the token of each request.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import { json, text } from 'node:stream/consumers'
import { makeCertificate } from '../../packages/control-plane/src/testing/issuer-keys.ts'
import { startAzurite } from '../../packages/emulator/src/services/azurite.ts'
import { findAzurite } from '../../packages/emulator/src/services/azurite-program.ts'
import {
  type TokenClaims,
  TokenFault,
  TokenVerifier,
} from '../../packages/emulator/src/services/token-verifier.ts'
import type { Site } from '../site.ts'
import { LOCAL_HOSTS } from '../windows/wine.ts'

/** What a token for storage is for. */
const RESOURCE = 'https://storage.azure.com'

const STORAGE = { host: 'landfast.blob.core.windows.net', audiences: [RESOURCE] }
const MANAGER = {
  host: 'management.azure.com',
  audiences: ['https://management.azure.com', 'https://management.core.windows.net'],
}

/** Programs ask it whether they may trust another authority. */
const ENTRA = { host: 'login.microsoftonline.com', audiences: undefined }

/** What is put into the account, for programs that expect a container to be there. */
const CONTAINER = `https://${STORAGE.host}/container?restype=container`

const STORAGE_VERSION = '2024-11-04'

/** Claims of a token that is good, or why it is not. */
export type Judged = { claims: TokenClaims } | { fault: string }

/** The services, as they run. */
export interface Cloud {
  /** The certificate of their names, PEM. */
  certificate: string
  /** The token that was shown to them last, since they were told to forget. */
  shown(): Judged | undefined
  forget(): void
  /** Judges a token that is to be for one of `audiences`. */
  judge(token: string, audiences: readonly string[]): Promise<Judged>
}

/** Starts them in the namespaces of the lane whose folder is `folder`, with which they end. */
export async function startCloud(site: Site, folder: string): Promise<Cloud> {
  const names = [STORAGE, MANAGER, ENTRA].map(({ host }) => ({ type: 'dns' as const, value: host }))
  const { key, certificate } = await makeCertificate([...names, { type: 'ip', value: '127.0.0.1' }])
  const judge = judgeFor(site)
  const places = new Map([
    [STORAGE.host, { ...STORAGE, url: await startStorage(folder, { key, certificate }) }],
    [MANAGER.host, { ...MANAGER, url: site.controlPlane.url }],
    [ENTRA.host, { ...ENTRA, url: site.controlPlane.url }],
  ])
  let shown: Judged | undefined
  const server = createServer({ key, cert: certificate }, async (request, response) => {
    const place = places.get(request.headers.host?.replace(/:443$/, '') ?? '')
    const [, token] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? []
    if (!place) return refuse(response, 'no service has that name')
    if (place.audiences) {
      shown = token === undefined ? undefined : await judge(token, place.audiences)
      if (!shown || 'fault' in shown) return refuse(response, shown?.fault ?? 'there is no token')
    }
    forward(request, response, { url: place.url, ca: [certificate, site.controlPlane.ca] })
  })
  takeNames(folder)
  server.listen(443, '127.0.0.1')
  await once(server, 'listening')
  await makeContainer(site, certificate)
  const forget = () => {
    shown = undefined
  }
  forget()
  return { certificate, shown: () => shown, forget, judge }
}

/** The names lead here, in this lane alone. */
function takeNames(folder: string): void {
  const file = join(folder, 'hosts')
  writeFileSync(file, `${LOCAL_HOSTS}127.0.0.1 ${STORAGE.host} ${MANAGER.host} ${ENTRA.host}\n`)
  execFileSync('mount', ['-n', '--bind', file, '/etc/hosts'], { stdio: ['ignore', 'ignore', 'inherit'] })
}

async function startStorage(
  folder: string,
  { key, certificate }: { key: string; certificate: string },
): Promise<string> {
  const [keyFile, certificateFile] = [join(folder, 'cloud-key.pem'), join(folder, 'cloud.pem')]
  writeFileSync(keyFile, key, { mode: 0o600 })
  writeFileSync(certificateFile, certificate)
  const program = await findAzurite({ folder: import.meta.dirname, path: undefined })
  return (await startAzurite({ program, folder, keyFile, certificateFile })).endpoints.blob
}

async function makeContainer(site: Site, ca: string): Promise<void> {
  const { source, identity } = site.membership
  const { accessToken } = await source.getToken(identity, RESOURCE, new AbortController().signal)
  const headers = {
    authorization: `Bearer ${accessToken}`,
    'x-ms-version': STORAGE_VERSION,
    'content-length': 0,
  }
  const [answer] = await once(httpsRequest(CONTAINER, { method: 'PUT', headers, ca }).end(), 'response')
  const said = await text(answer)
  if (answer.statusCode !== 201) throw new Error(`Azurite made no container: ${answer.statusCode} ${said}`)
}

/** Judges tokens by the keys that the control plane of `site` publishes. */
function judgeFor({ controlPlane: { url, ca, issuer }, identities }: Site): Cloud['judge'] {
  const { tenantId } = identities.own
  const trust = {
    issuer,
    readKeys: async () => {
      const [answer] = await once(httpsRequest(`${url}/${tenantId}/discovery/keys`, { ca }).end(), 'response')
      return (await json(answer)) as { keys: Record<string, unknown>[] }
    },
    nowSeconds: () => Math.floor(Date.now() / 1000),
  }
  return async (token, audiences) => {
    const judged = await Promise.all(audiences.map((one) => judgeBy(new TokenVerifier(trust, one), token)))
    return judged.find((one) => 'claims' in one) ?? judged[0] ?? { fault: 'it is for nothing' }
  }
}

async function judgeBy(verifier: TokenVerifier, token: string): Promise<Judged> {
  try {
    return { claims: await verifier.verify(token) }
  } catch (error) {
    if (error instanceof TokenFault) return { fault: error.message }
    throw error
  }
}

function refuse(response: ServerResponse, why: string): void {
  response.writeHead(401, { 'Content-Type': 'text/plain' }).end(why)
}

/** The service behind knows itself by the address where it listens. */
function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { url, ca }: { url: string; ca: readonly string[] },
): void {
  const { host: _, ...headers } = request.headers
  const options = { method: request.method, headers, ca: [...ca] }
  const onward = httpsRequest(`${url}${request.url}`, options, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  onward.on('error', (error) => response.writeHead(502).end(error.message))
  request.pipe(onward)
}
