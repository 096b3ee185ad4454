/**
 * A token on its way: its claims, signed by the key of now. No caller gets it before the journal has it.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { audienceSpellings, type ClientProofClaim } from '@landfast/protocol'
import type { ClientDirectory, ClientPrincipal } from '../registry/clients.ts'
import { accessTokenClaims, type OpaqueValues } from './access-token.ts'
import type { AuthorityNames } from './endpoints.ts'
import type { SigningKeys } from './signing-keys.ts'
import type { IssuedToken } from './token-answer.ts'
import { TOKEN_ID_OWN_BYTES } from './token-id.ts'

const AIO_BYTES = 30
const RH_BYTES = 24

/** What tokens are made with. */
export interface NewTokenParts {
  names: AuthorityNames
  signingKeys: Pick<SigningKeys, 'current'>
  directory: Pick<ClientDirectory, 'rolesFor'>
  tokenLifetimeSeconds: number
  /** The audiences whose tokens have the v2 shape. */
  tokenVersion2Audiences: readonly string[]
  /** The audiences whose tokens say truly when they were made. */
  assertionAudiences: readonly string[]
}

/** What a token is to be for. */
export interface TokenWish {
  audience: string
  /** How the client proved itself. */
  method: ClientProofClaim
  time: Date
  /** What its id begins with. */
  idBeginning: string
}

/** Makes a token of `client` for `audience`. */
export async function makeToken(
  parts: NewTokenParts,
  { identity }: ClientPrincipal,
  { audience, method, time, idBeginning }: TokenWish,
): Promise<IssuedToken> {
  const issuedAt = Math.floor(time.getTime() / 1000)
  const lifetimeSeconds = parts.tokenLifetimeSeconds
  const claims = accessTokenClaims({
    version: names(parts.tokenVersion2Audiences, audience) ? 'v2' : 'v1',
    isAssertion: names(parts.assertionAudiences, audience),
    names: parts.names,
    identity,
    method,
    audience,
    roles: await parts.directory.rolesFor(identity.principalId, audience),
    nowSeconds: issuedAt,
    lifetimeSeconds,
    opaque: opaqueValues(idBeginning),
  })
  const key = parts.signingKeys.current()
  const accessToken = await key.sign(claims)
  return { accessToken, audience, issuedAt, lifetimeSeconds, kid: key.published.kid }
}

function names(audiences: readonly string[], audience: string): boolean {
  const spellings = audienceSpellings(audience)
  return audiences.some((one) => spellings.includes(one))
}

/** Random bytes are asked for at once: each asking costs as much as this whole function. */
function opaqueValues(idBeginning: string): OpaqueValues {
  const random = randomBytes(AIO_BYTES + RH_BYTES + TOKEN_ID_OWN_BYTES)
  const [rhAt, idAt] = [AIO_BYTES, AIO_BYTES + RH_BYTES]
  return {
    aio: random.toString('base64', 0, rhAt),
    rh: `1.${random.toString('base64url', rhAt, idAt)}.`,
    uti: idBeginning + random.toString('base64url', idAt),
  }
}
