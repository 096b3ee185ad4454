/**
 * Who holds the secret of an application. The token endpoint says it, so that limits, audit trail and every check are those of
 * any other client; the token itself is thrown away.
 *
 * @module
 */

import { decodeJwt } from 'jose'
import { ENDPOINT } from '../../authority/endpoints.ts'
import { TooManyRequests } from '../../limits/too-many-requests.ts'
import { PortalError } from '../portal-error.ts'
import type { PortalSiteParts } from '../portal-parts.ts'

/** What routes take tokens for. */
const SCOPE = 'https://management.azure.com/.default'

/** Whose secret it is, or why that is not known. */
export async function proveBySecret(
  { inject, names }: PortalSiteParts,
  { clientId, secret }: { clientId: string; secret: string },
  { ip, id }: { ip: string; id: string },
): Promise<{ principalId: string } | PortalError> {
  const form = {
    grant_type: 'client_credentials',
    scope: SCOPE,
    client_id: clientId,
    client_secret: secret,
  }
  const answer = await inject({
    method: 'POST',
    url: `/${names.tenantId}${ENDPOINT.v2.token}`,
    remoteAddress: ip,
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'client-request-id': id },
    payload: new URLSearchParams(form).toString(),
  })
  if (answer.statusCode === 200) {
    return { principalId: String(decodeJwt(answer.json().access_token).oid) }
  }
  if (answer.statusCode === 429) {
    const cause = new TooManyRequests(Number(answer.headers['retry-after']))
    return new PortalError('credential_throttled', { cause })
  }
  if (answer.statusCode >= 500) throw new Error(`the token endpoint answered ${answer.statusCode}`)
  return new PortalError('credential_wrong')
}
