/**
 * A client of a control plane's Resource Manager and of Landfast's administrative routes there. Every command that
 * changes something at a control plane uses it.
 *
 * @see https://learn.microsoft.com/rest/api/azure/
 * @module
 */

import type { HttpsAnswer, HttpsClient } from '@landfast/agent/upstream'
import type { Proxies } from '@landfast/server/proxy'
import { CliError } from '../cli-error.ts'
import { SUBSCRIPTIONS } from './api-versions.ts'
import { explainUnreachable } from './control-plane-failure.ts'
import { ControlPlaneRefusal } from './control-plane-refusal.ts'
import { type ControlPlaneCredential, fetchToken, TOKEN_PATH } from './control-plane-token.ts'
import { correlated } from './correlation.ts'

/** A call that takes longer is given up. */
const DEADLINE_MILLISECONDS = 30_000

/** Where an authority describes itself. */
const CONFIGURATION_PATH = '/v2.0/.well-known/openid-configuration'

/** What a client is made of. */
export interface ControlPlaneClientOptions {
  /** The control plane's origin, `https://HOST[:PORT]`. */
  url: string
  /** The CA by which it is known, PEM; undefined if it is one that this host trusts anyway. */
  ca: string | undefined
  /** Whether the CAs that this host trusts count beside `ca`. */
  usesSystemCa?: boolean | undefined
  /** By what it is reached. Default: directly. */
  proxies?: Proxies | undefined
  /** Default: the one that the control plane names. */
  tenantId?: string | undefined
  credential: ControlPlaneCredential
  /** By which the requests are found again there; without it none. */
  correlationId?: string | undefined
  now?: () => Date
}

/** One call. */
export interface Call {
  /** Without it none is sent, as for `/landfast/v1` routes. */
  apiVersion?: string
  body?: object
  headers?: Readonly<Record<string, string>>
}

/** A 2xx. */
export interface CallAnswer {
  status: number
  headers: NodeJS.Dict<string | string[]>
  /** Empty if there is none. */
  body: Readonly<Record<string, unknown>>
}

/** Calls one control plane as one principal. */
export interface ControlPlaneClient {
  /** `https://HOST[:PORT]/{tenant}`, as the control plane calls itself. @throws as `call`. */
  authority(): Promise<string>
  /**
   * Calls `path`, which begins with a slash and has a query only where no api-version is sent.
   *
   * @throws {ControlPlaneRefusal} if it answered anything but 2xx.
   * @throws {CliError} `control_plane_unreachable` or `credentials_refused`.
   */
  call(method: string, path: string, call?: Call): Promise<CallAnswer>
  /** The `value` of every page of a list. @throws as `call`. */
  list(path: string, call?: Call): Promise<readonly unknown[]>
  /** The same page by page, each asked for when the one before was taken: for a list of any length. @throws as `call`. */
  pages(path: string, call?: Call): AsyncIterable<readonly unknown[]>
  close(): void
}

/** A client that sends nothing before the first call. */
export async function createControlPlaneClient(
  options: ControlPlaneClientOptions,
): Promise<ControlPlaneClient> {
  const { createHttpsClient } = await import('@landfast/agent/upstream')
  const https = createHttpsClient(options.ca, options.usesSystemCa, options.proxies)
  return new Client(options, correlated(https, options.correlationId))
}

class Client implements ControlPlaneClient {
  readonly #options: ControlPlaneClientOptions
  readonly #https: HttpsClient
  #authority: Promise<string> | undefined
  #token: Promise<string> | undefined

  constructor(options: ControlPlaneClientOptions, https: HttpsClient) {
    this.#options = options
    this.#https = https
  }

  authority(): Promise<string> {
    this.#authority ??= this.#discover()
    return this.#authority
  }

  async call(method: string, path: string, call: Call = {}): Promise<CallAnswer> {
    const query = call.apiVersion === undefined ? '' : `?api-version=${call.apiVersion}`
    return this.#send(method, `${this.#options.url}${path}${query}`, call)
  }

  async list(path: string, call: Call = {}): Promise<readonly unknown[]> {
    const values: unknown[] = []
    for await (const page of this.pages(path, call)) values.push(...page)
    return values
  }

  async *pages(path: string, call: Call = {}): AsyncIterable<readonly unknown[]> {
    let { body } = await this.call('GET', path, call)
    while (true) {
      if (Array.isArray(body.value)) yield body.value
      if (typeof body.nextLink !== 'string') return
      body = (await this.#send('GET', await this.#pageUrl(body.nextLink), call)).body
    }
  }

  /** A link in a page must not send the token to another server. One server may have several names. */
  async #pageUrl(link: string): Promise<string> {
    const { url } = this.#options
    const { origin, pathname, search } = new URL(link, url)
    if (origin === url || origin === new URL(await this.authority()).origin) return url + pathname + search
    throw new CliError('control_plane_unreachable', {
      detail: `the next page of a list is at "${origin}", which is not the control plane`,
      hints: [`give the control plane's own name with --url`],
    })
  }

  close(): void {
    this.#https.close()
  }

  async #send(method: string, url: string, { body, headers }: Call): Promise<CallAnswer> {
    this.#token ??= this.#fetchToken()
    const authorization = { Authorization: `Bearer ${await this.#token}` }
    const answer = await this.#exchange(url, {
      method,
      headers: { ...headers, ...authorization },
      ...(body && { json: body }),
    })
    if (answer.status < 200 || answer.status >= 300) throw ControlPlaneRefusal.of(answer, this.#options.url)
    return { status: answer.status, headers: answer.headers, body: answer.body ?? {} }
  }

  async #fetchToken(): Promise<string> {
    const { credential, now = () => new Date() } = this.#options
    if (credential.kind === 'token') return credential.accessToken
    const authority = await this.authority()
    const reachedAt = await this.#reachedAuthority(authority)
    return await this.#reach((signal) =>
      fetchToken({ https: this.#https, authority, reachedAt, credential, now, signal }),
    )
  }

  /**
   * A control plane has its authority beside Resource Manager, by whatever name it is reached; its own name may lead nowhere
   * from here. Azure's Resource Manager serves no document of an authority.
   */
  async #reachedAuthority(authority: string): Promise<string> {
    const { url } = this.#options
    const { origin, pathname } = new URL(authority)
    if (origin === url) return authority
    const { body } = await this.#exchange(url + pathname + CONFIGURATION_PATH, { method: 'GET' })
    return body?.token_endpoint === authority + TOKEN_PATH ? url + pathname : authority
  }

  /** Resource Manager tells a caller without a token where to get one. */
  async #discover(): Promise<string> {
    const { url, tenantId } = this.#options
    const { headers } = await this.#exchange(`${url}/subscriptions?api-version=${SUBSCRIPTIONS.apiVersion}`, {
      method: 'GET',
    })
    const challenge = String(headers['www-authenticate'])
    const [, origin, stated] = /\bauthorization="(https:\/\/[^/"]+)\/([^/"]+)"/.exec(challenge) ?? []
    if (origin && stated) return `${origin}/${tenantId ?? stated}`
    throw new CliError('control_plane_unreachable', {
      detail: `"${url}" answers, but not as a control plane does`,
      hints: ['correct --url'],
    })
  }

  #exchange(url: string, request: Omit<Parameters<HttpsClient['send']>[1], 'signal'>): Promise<HttpsAnswer> {
    return this.#reach((signal) => this.#https.send(url, { ...request, signal }))
  }

  async #reach<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await work(AbortSignal.timeout(DEADLINE_MILLISECONDS))
    } catch (cause) {
      throw explainUnreachable(cause)
    }
  }
}
