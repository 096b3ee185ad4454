/**
 * The Resource Manager of a site, asked as its administrator.
 *
 * @see docs/resource-manager.md
 * @module
 */

import { readFile } from 'node:fs/promises'
import { createHttpsClient, type HttpsClient } from '@landfast/agent/upstream'
import type { AdministratorFile } from '@landfast/control-plane'
import { EmulatorError } from '../emulator-error.ts'

/** The resource whose tokens the Resource Manager takes. */
const AUDIENCE = 'https://management.azure.com/'

/** What is answered when a token has ended. */
const UNAUTHORIZED = 401

/** It answers at once, as it is in this process. */
const WITHIN_MS = 30_000

/** One request. */
export interface ArmRequest {
  method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE'
  /** With its query. */
  path: string
  body?: object
}

/** What is asked of it. */
export interface ResourceManager {
  /**
   * Sends a request, and gives the body of its answer.
   *
   * @throws {EmulatorError} `administration_refused` for any status above 299.
   */
  call(request: ArmRequest): Promise<Record<string, unknown>>
  close(): void
}

/** Where a control plane is, and who administers it. */
export interface ControlPlaneAccess {
  controlPlaneUrl: string
  caFile: string
  administratorFile: string | undefined
}

/** A Resource Manager that is asked with a token of its administrator, and with another one when that has ended. */
export async function openResourceManager(access: ControlPlaneAccess): Promise<ResourceManager> {
  const { controlPlaneUrl: url, caFile, administratorFile = '' } = access
  const [ca, text] = await Promise.all([readFile(caFile, 'utf8'), readFile(administratorFile, 'utf8')])
  const administrator: AdministratorFile = JSON.parse(text)
  const https = createHttpsClient(ca)
  let token = await getToken(https, url, administrator)
  const ask = ({ method, path, body: json }: ArmRequest) =>
    send(https, url + path, { method, headers: { authorization: `Bearer ${token}` }, ...(json && { json }) })
  return {
    async call(request) {
      const answer = await ask(request)
      if (answer.status !== UNAUTHORIZED) return bodyOf(answer, request.path)
      token = await getToken(https, url, administrator)
      return bodyOf(await ask(request), request.path)
    },
    close: () => https.close(),
  }
}

async function getToken(https: HttpsClient, url: string, administrator: AdministratorFile): Promise<string> {
  const { tenantId, clientId: client_id, clientSecret: client_secret } = administrator
  const form = { grant_type: 'client_credentials', resource: AUDIENCE, client_id, client_secret }
  const path = `/${tenantId}/oauth2/token`
  return String(bodyOf(await send(https, url + path, { form }), path).access_token)
}

type Answer = Awaited<ReturnType<HttpsClient['send']>>

function send(
  https: HttpsClient,
  url: string,
  options: Omit<Parameters<HttpsClient['send']>[1], 'signal'>,
): Promise<Answer> {
  return https.send(url, { ...options, signal: AbortSignal.timeout(WITHIN_MS) })
}

function bodyOf({ status, body, text }: Answer, path: string): Record<string, unknown> {
  if (status <= 299) return body ?? {}
  const [name] = path.split('?', 1)
  throw new EmulatorError('administration_refused', `"${name}": ${text}`)
}
