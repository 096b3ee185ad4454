/**
 * The Resource Manager of a site, asked as its administrator.
 *
 * @see docs/resource-manager.md
 * @module
 */

import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createHttpsClient, type HttpsClient } from '@landfast/agent/upstream'
import type { AdministratorFile } from '@landfast/control-plane'
import { EmulatorError } from '../emulator-error.ts'
import { faultOfDisk } from './disk-fault.ts'

/** The resource whose tokens the Resource Manager takes. */
const AUDIENCE = 'https://management.azure.com/'

/** What is answered when a token has ended. */
const UNAUTHORIZED = 401

/** From here on it is not the request that is wrong. */
const FAILED = 500

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
  const bodyOf = (answer: Answer, path: string) => readBody(answer, { path, folder: dirname(caFile) })
  const getToken = async () => await bodyOf(...(await askForToken(https, url, administrator)))
  let token = String((await getToken()).access_token)
  const ask = ({ method, path, body: json }: ArmRequest) =>
    send(https, url + path, { method, headers: { authorization: `Bearer ${token}` }, ...(json && { json }) })
  return {
    async call(request) {
      const answer = await ask(request)
      if (answer.status !== UNAUTHORIZED) return bodyOf(answer, request.path)
      token = String((await getToken()).access_token)
      return bodyOf(await ask(request), request.path)
    },
    close: () => https.close(),
  }
}

async function askForToken(
  https: HttpsClient,
  url: string,
  administrator: AdministratorFile,
): Promise<[answer: Answer, path: string]> {
  const { tenantId, clientId: client_id, clientSecret: client_secret } = administrator
  const form = { grant_type: 'client_credentials', resource: AUDIENCE, client_id, client_secret }
  const path = `/${tenantId}/oauth2/token`
  return [await send(https, url + path, { form }), path]
}

type Answer = Awaited<ReturnType<HttpsClient['send']>>

function send(
  https: HttpsClient,
  url: string,
  options: Omit<Parameters<HttpsClient['send']>[1], 'signal'>,
): Promise<Answer> {
  return https.send(url, { ...options, signal: AbortSignal.timeout(WITHIN_MS) })
}

/** What went wrong in the control plane it keeps to its log, but its disk is the one of `folder`. */
async function readBody(
  { status, body, text }: Answer,
  { path, folder }: { path: string; folder: string },
): Promise<Record<string, unknown>> {
  if (status <= 299) return body ?? {}
  const [name] = path.split('?', 1)
  const cause = status >= FAILED ? await faultOfDisk(folder) : undefined
  throw new EmulatorError('administration_refused', `"${name}": ${text}`, cause)
}
