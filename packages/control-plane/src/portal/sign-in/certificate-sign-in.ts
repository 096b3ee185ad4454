/**
 * The sign-in by an assertion that the browser signed with the key of an application’s certificate.
 *
 * @see ../assets/sign-in.js
 * @module
 */

import { JWT_BEARER } from '@landfast/protocol'
import { decodeJwt } from 'jose'
import { readGuid } from '../../guid.ts'
import { PortalError } from '../portal-error.ts'
import type { PortalSiteParts } from '../portal-parts.ts'
import { type Proven, provePrincipal } from './proven-principal.ts'

/** Which application made `assertion`, or why that is not known. */
export async function proveByCertificate(
  parts: PortalSiteParts,
  { clientId, assertion }: { clientId: string; assertion: string },
  request: { ip: string; id: string },
): Promise<Proven | PortalError> {
  // The token of a job is good for minutes, so it opens no session of hours; what is nobody's is refused and counted.
  const own = isMadeBy(clientId, assertion) ? assertion : 'none'
  const credential = { client_assertion_type: JWT_BEARER, client_assertion: own }
  const proof = await provePrincipal(parts, { clientId, credential, wrong: 'certificate_wrong' }, request)
  // A key of a machine changes, or is taken away, without an end of its sessions.
  const isResource = !(proof instanceof PortalError) && proof.resourceId !== undefined
  return isResource ? new PortalError('certificate_wrong') : proof
}

/** Whether it says that this client made it: no other issuer, and no machine for an identity. */
function isMadeBy(clientId: string, assertion: string): boolean {
  try {
    const issuer = readGuid(decodeJwt(assertion).iss)
    return issuer !== undefined && issuer === readGuid(clientId)
  } catch {
    return false
  }
}
