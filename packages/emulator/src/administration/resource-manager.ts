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

/** A Resource Manager that is asked with a token of its administrator. */
export async function openResourceManager(access: ControlPlaneAccess): Promise<ResourceManager> {
  const { controlPlaneUrl: url, caFile, administratorFile = '' } = access
  const [ca, text] = await Promise.all([readFile(caFile, 'utf8'), readFile(administratorFile, 'utf8')])
  const https = createHttpsClient(ca)
  const headers = { authorization: `Bearer ${await getToken(https, url, JSON.parse(text))}` }
  return {
    call: ({ method, path, body: json }) =>
      send(https, url + path, { method, headers, ...(json && { json }) }),
    close: () => https.close(),
  }
}

async function getToken(https: HttpsClient, url: string, administrator: AdministratorFile): Promise<string> {
  const { tenantId, clientId: client_id, clientSecret: client_secret } = administrator
  const form = { grant_type: 'client_credentials', resource: AUDIENCE, client_id, client_secret }
  const { access_token: token } = await send(https, `${url}/${tenantId}/oauth2/token`, { form })
  return String(token)
}

async function send(
  https: HttpsClient,
  url: string,
  options: Omit<Parameters<HttpsClient['send']>[1], 'signal'>,
): Promise<Record<string, unknown>> {
  const answer = await https.send(url, { ...options, signal: AbortSignal.timeout(WITHIN_MS) })
  if (answer.status <= 299) return answer.body ?? {}
  throw new EmulatorError('administration_refused', `"${new URL(url).pathname}": ${answer.text}`)
}
