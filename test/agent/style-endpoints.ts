/**
 * An agent with an endpoint of every style, and requests in each as its clients send them.
 *
 * @module
 */

import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { text } from 'node:stream/consumers'
import type { AgentOptions } from '@landfast/agent'
import {
  type AssignedIdentity,
  type EndpointLocation,
  PARAMETER,
  type ServedStyleName,
  STYLE_NAMES,
  type StyleName,
  styleOf,
} from '@landfast/protocol'
import { IDENTITY } from './fake-source.ts'
import { type RunningAgent, readKeyOf, SECRET, startAgent } from './running-agent.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A user-assigned identity of the machine. */
export const ASSIGNED: AssignedIdentity = {
  clientId: '0b8f1c1e-6a0e-4f0a-9d0c-0000000000b1',
  principalId: '0b8f1c1e-6a0e-4f0a-9d0c-0000000000b2',
  resourceId:
    '/subscriptions/0b8f1c1e-6a0e-4f0a-9d0c-00000000000d/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/shop',
}

/** What a request may have otherwise than its style wants it. */
export interface Otherwise {
  method?: string
  path?: string
  /** Undefined leaves a header out. */
  headers?: Record<string, string | undefined>
  /** The whole query or form. */
  parameters?: string
  /** Added to the usual ones. */
  more?: string
}

/** An answer, read. */
export interface StyleAnswer {
  status: number
  headers: NodeJS.Dict<string | string[]>
  body: Record<string, string>
}

/** A running agent and its endpoints. */
export interface StyleEndpoints extends RunningAgent {
  locationOf(style: StyleName): EndpointLocation
  /** Asks as a client of the style does, the challenge included. */
  ask(style: StyleName, otherwise?: Otherwise): Promise<StyleAnswer>
}

/** Starts one; it stops with the test. */
export async function startStyles(changes: Partial<AgentOptions> = {}): Promise<StyleEndpoints> {
  const running = await startAgent({
    endpoints: STYLE_NAMES.map((style) => {
      if (style === 'arc') return { style, port: 0, keyFolder: `${temporaryFolder()}/tokens` }
      if (style === 'vm' || style === 'cloud-shell') return { style }
      return { style, secret: SECRET }
    }),
    membership: {
      identities: [ASSIGNED],
      status: { status: 'Connected' },
      start: () => {},
      stop: async () => {},
    },
    ...changes,
  })
  const locationOf = (style: StyleName) => {
    const found = running.agent.locations.find((one) => one.style === style)
    if (!found) throw new Error(`there is no endpoint of the style ${style}`)
    return found
  }
  return {
    ...running,
    locationOf,
    ask: async (style, otherwise = {}) => {
      const first = await send(locationOf(style), otherwise)
      if (style !== 'arc' || !first.headers['www-authenticate']) return first
      const challenge = String(first.headers['www-authenticate'])
      const key = readKeyOf({ status: 401, headers: [['www-authenticate', challenge]], body: '' })
      const headers = { ...otherwise.headers, authorization: `Basic ${key}` }
      return send(locationOf(style), { ...otherwise, headers })
    },
  }
}

/** The parameters of a request that is answered with a token. */
export function parametersOf(style: ServedStyleName, resource = 'https%3A%2F%2Fvault.azure.net'): string {
  const [version] = styleOf(style).apiVersions
  return `${version === undefined ? '' : `${PARAMETER.apiVersion}=${version}&`}resource=${resource}`
}

async function send(location: EndpointLocation, otherwise: Otherwise): Promise<StyleAnswer> {
  const style = styleOf(location.style)
  const { port, hostname } = new URL(location.url)
  const { parameters = parametersOf(location.style) + (otherwise.more ?? '') } = otherwise
  const method = otherwise.method ?? style.methods[0]
  const isForm = method === 'POST'
  const path = (otherwise.path ?? style.path) + (isForm ? '' : `?${parameters}`)
  const headers = Object.entries({
    host: hostname,
    ...(style.metadataHeader && { metadata: 'true' }),
    ...(style.secretHeader && { [style.secretHeader.toLowerCase()]: SECRET }),
    ...(isForm && { 'content-length': String(Buffer.byteLength(parameters)) }),
    ...otherwise.headers,
  }).filter((header): header is [string, string] => header[1] !== undefined)
  const options = {
    host: hostname,
    port,
    path,
    method,
    headers: Object.fromEntries(headers),
    agent: false as const,
  }
  return new Promise((resolve, reject) => {
    const sent =
      style.scheme === 'https'
        ? requestHttps({ ...options, ca: location.certificate, servername: 'localhost' })
        : requestHttp(options)
    sent.on('error', reject)
    sent.on('response', async (response) => {
      const body = JSON.parse(await text(response))
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
    })
    sent.end(isForm ? parameters : undefined)
  })
}

/** Whose token an answer carries. */
export function clientIdOf({ source }: RunningAgent): string | undefined {
  const { identity } = source.asked.at(-1) ?? {}
  return identity?.clientId === IDENTITY.clientId ? 'the machine' : identity?.clientId
}
