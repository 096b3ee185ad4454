/**
 * Verifies a client's signed assertion: one of the client's own keys signed it, or one for which an authority of the
 * client vouches; any other is refused.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-2.2
 * @see https://learn.microsoft.com/entra/identity-platform/certificate-credentials
 * @module
 */

import { authoritiesOf, readChain } from '../certificates/certificate-chain.ts'
import { thumbprintsOf } from '../certificates/thumbprint.ts'
import type { Client, ClientAuthority, ClientDirectory, ClientKey } from '../registry/clients.ts'
import { type CheckedAssertion, checkAssertionClaims } from './assertion-claims.ts'
import { checkSignature } from './assertion-signature.ts'
import { AuthorityError } from './authority-error.ts'
import type { PresentedAssertion } from './presented-credential.ts'
import type { Proof } from './proof.ts'

/** A SHA-256 in base64 has 44. The sender wrote the header, of which nothing is proven when this is read. */
const THUMBPRINT_MAX_CHARACTERS = 64

/** A good assertion, with the key that proved it. */
interface VerifiedAssertion extends CheckedAssertion {
  key: ClientKey
}

/** An assertion that was sent, and what it must fit. */
interface AssertionCheck {
  /** Whose it says to be. */
  clientId: string
  assertion: PresentedAssertion
  audiences: readonly string[]
  time: Date
}

/**
 * Proves a client by its own key. An unknown client's assertion is checked against a dummy key, so neither answer nor
 * timing reveals which clients exist.
 *
 * @throws {AuthorityError} `signature_invalid`, or what the claims are refused for.
 */
export async function proveByKey(directory: ClientDirectory, check: AssertionCheck): Promise<Proof> {
  const client = await directory.findClient(check.clientId)
  const { key, ...checked } = verifyAssertion(client, check)
  // The dummy key verifies nothing, so there is a client.
  if (!client) throw new AuthorityError('signature_invalid')
  const spends = client.kind === 'machine' ? checked : undefined
  return { holder: client, credential: key.credential, method: '2', spends }
}

function verifyAssertion(
  client: Client | undefined,
  { clientId, assertion, audiences, time }: AssertionCheck,
): VerifiedAssertion {
  const { header } = assertion
  // Both in any case, so that time does not tell which certificates are registered.
  const vouched = vouchedKey(header, client?.authorities ?? [], time)
  const key = keyNamedBy(header, client?.keys ?? []) ?? vouched
  checkSignature(assertion, key?.publicKey)
  if (!key || key.notAfter <= time) throw new AuthorityError('signature_invalid')
  const nowSeconds = time.getTime() / 1000
  return { key, ...checkAssertionClaims(assertion.claims, { clientId, audiences, nowSeconds }) }
}

type Header = PresentedAssertion['header']

/** The better thumbprint decides alone where both are given. */
function keyNamedBy(header: Header, keys: readonly ClientKey[]): ClientKey | undefined {
  const { x5t, 'x5t#S256': x5tS256 } = header as Readonly<Record<string, unknown>>
  if (x5tS256 !== undefined) return keys.find((key) => key.sha256 === base64url(x5tS256))
  return keys.find((key) => key.sha1 === base64url(x5t))
}

/** The key of the certificate that the header brings with its chain, if one of the authorities vouches for it. */
function vouchedKey(
  header: Header,
  authorities: readonly ClientAuthority[],
  time: Date,
): ClientKey | undefined {
  const chain = header.x5c === undefined ? undefined : readChain(header.x5c, time)
  if (!chain) return undefined
  const authority = authoritiesOf(chain, authorities, time).find(
    ({ subjectName }) => subjectName === chain.subjectName,
  )
  if (!authority) return undefined
  const { publicKey, validToDate: notAfter } = chain.leaf
  const key = {
    credential: authority.credential,
    publicKey,
    notAfter,
    ...thumbprintsOf(chain.leaf.toString()),
  }
  const isNamed = header.x5t !== undefined || header['x5t#S256'] !== undefined
  return isNamed ? keyNamedBy(header, [key]) : key
}

/** Older clients write thumbprints in plain base64 with padding. */
function base64url(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > THUMBPRINT_MAX_CHARACTERS) return undefined
  return value.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}
