/**
 * Who holds the credential of an application. The token endpoint says it, so that limits, audit trail and every check are those of
 * any other client; the token itself is thrown away.
 *
 * @module
 */

import { decodeJwt } from 'jose'
import { ENDPOINT } from '../../authority/endpoints.ts'
import { TooManyRequests } from '../../limits/too-many-requests.ts'
import { PortalError, type PortalErrorCode } from '../portal-error.ts'
import type { PortalSiteParts } from '../portal-parts.ts'

/** What routes take tokens for. */
const SCOPE = 'https://management.azure.com/.default'

/** Who it is. */
export interface Proven {
  principalId: string
  /** The ARM id of what it belongs to; an application has none. */
  resourceId: string | undefined
}

/** What is presented. */
export interface Presented {
  clientId: string
  /** The fields of a token request that prove the client. */
  credential: Readonly<Record<string, string>>
  /** What it is called if it proves nothing. */
  wrong: PortalErrorCode
}

/** Whose credential it is, or why that is not known. */
export async function provePrincipal(
  { inject, names }: PortalSiteParts,
  { clientId, credential, wrong }: Presented,
  { ip, id }: { ip: string; id: string },
): Promise<Proven | PortalError> {
  const form = { grant_type: 'client_credentials', scope: SCOPE, client_id: clientId, ...credential }
  const answer = await inject({
    method: 'POST',
    url: `/${names.tenantId}${ENDPOINT.v2.token}`,
    remoteAddress: ip,
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'client-request-id': id },
    payload: new URLSearchParams(form).toString(),
  })
  if (answer.statusCode === 200) {
    const { oid, xms_mirid: resourceId } = decodeJwt(answer.json().access_token)
    return { principalId: String(oid), resourceId: resourceId === undefined ? undefined : String(resourceId) }
  }
  if (answer.statusCode === 429) {
    const cause = new TooManyRequests(Number(answer.headers['retry-after']))
    return new PortalError('credential_throttled', { cause })
  }
  if (answer.statusCode === 503) return new PortalError('unavailable')
  if (answer.statusCode >= 500) throw new Error(`the token endpoint answered ${answer.statusCode}`)
  return new PortalError(wrong)
}
