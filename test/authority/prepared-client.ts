/**
 * An application with every kind of credential, made by the administrator through the public routes, and the file
 * from which client programs read what they need of it.
 *
 * @module
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ControlPlane } from '@landfast/control-plane'
import { type Answer, send } from '../../packages/control-plane/src/testing/trial.ts'
import {
  makeCertificate,
  type TrialCertificate,
} from '../../packages/control-plane/src/testing/trial-certificates.ts'

/** What a client program reads. */
export interface PreparedClient {
  /** Where the authority is. */
  url: string
  tenantId: string
  clientId: string
  principalId: string
  clientSecret: string
  /** Key and certificate in PEM; the certificate is registered. */
  certificateFile: string
  /** Key, certificate and authority in PEM; only the authority is registered. */
  chainFile: string
  /** A token with which the administrator's routes may be called. */
  administratorToken: string
}

type Reached = Pick<ControlPlane, 'url' | 'caFile' | 'administratorFile'>

/** Makes the application; resolves to the path of the file. */
export async function prepareClient(controlPlane: Reached, folder: string): Promise<string> {
  const administrator = JSON.parse(readFileSync(controlPlane.administratorFile ?? '', 'utf8'))
  const token = await administratorToken(controlPlane, administrator)
  const post = async (path: string, json: object) => {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
    const url = `${controlPlane.url}/landfast/v1/service-principals${path}`
    return accepted(await sendTo(controlPlane, url, { headers, body: JSON.stringify(json) }))
  }
  const { principalId, clientId } = await post('', { displayName: 'official clients' })
  const { secret } = await post(`/${principalId}/secrets`, {})
  const own = await makeCertificate({ kind: 'rsa', name: 'CN=own' })
  const root = await makeCertificate({ name: 'CN=root', authority: true })
  const leaf = await makeCertificate({ kind: 'rsa', name: 'CN=vouched' }, root)
  await post(`/${principalId}/certificates`, { certificate: own.pem })
  await post(`/${principalId}/certificates`, { certificate: root.pem, subjectName: 'CN=vouched' })
  const prepared: PreparedClient = {
    url: controlPlane.url,
    tenantId: administrator.tenantId,
    clientId,
    principalId,
    clientSecret: secret,
    certificateFile: writePem(folder, 'own.pem', [own]),
    chainFile: writePem(folder, 'chain.pem', [leaf, root]),
    administratorToken: token,
  }
  const file = join(folder, 'client.json')
  writeFileSync(file, JSON.stringify(prepared), { mode: 0o600 })
  return file
}

async function administratorToken(
  controlPlane: Reached,
  { tenantId, clientId, clientSecret }: Record<string, string>,
): Promise<string> {
  const form = {
    grant_type: 'client_credentials',
    client_id: clientId ?? '',
    client_secret: clientSecret ?? '',
    scope: `${controlPlane.url}/.default`,
  }
  const answer = await sendTo(controlPlane, `${controlPlane.url}/${tenantId}/oauth2/v2.0/token`, { form })
  return accepted(answer).access_token
}

/** `send` asks for the file of the CA alone. */
function sendTo(controlPlane: Reached, ...rest: Tail<Parameters<typeof send>>): Promise<Answer> {
  return send(controlPlane as ControlPlane, ...rest)
}

type Tail<List extends unknown[]> = List extends [unknown, ...infer Rest] ? Rest : never

function accepted({ status, body }: Answer) {
  if (status !== 200 && status !== 201) throw new Error(`refused with ${status}`)
  return body
}

/** The key of the first certificate, and then all of them. */
function writePem(folder: string, name: string, certificates: readonly TrialCertificate[]): string {
  const key = certificates[0]?.privateKey.export({ format: 'pem', type: 'pkcs8' })
  const file = join(folder, name)
  writeFileSync(file, [key, ...certificates.map(({ pem }) => `${pem}\n`)].join(''), { mode: 0o600 })
  return file
}
