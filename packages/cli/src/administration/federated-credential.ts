/**
 * `landfast identity federate`: which tokens of other issuers prove an identity.
 *
 * @see docs/federation.md
 * @module
 */

import { CliError } from '../cli-error.ts'
import { IDENTITIES } from '../control-plane/api-versions.ts'
import { type Column, printDone, printFacts, printTable } from './answer.ts'
import { type ConfirmationFlags, confirm } from './confirmation.ts'
import { identityId } from './identity.ts'
import { NO_CONTENT } from './machine.ts'
import { type PlaceFlags, segment } from './resource-names.ts'
import type { Session } from './session.ts'

interface CredentialBody {
  name: string
  properties: {
    issuer: string
    /** Either this or an expression. */
    subject?: string
    claimsMatchingExpression?: { value: string; languageVersion: number }
    audiences: readonly string[]
  }
}

/** The only version of the language of expressions. */
const LANGUAGE_VERSION = 1

const COLUMNS: readonly Column<CredentialBody>[] = [
  ['name', ({ name }) => name],
  ['issuer', ({ properties }) => properties.issuer],
  ['subject', ({ properties }) => properties.subject],
  ['expression', ({ properties }) => properties.claimsMatchingExpression?.value],
  ['audience', ({ properties }) => properties.audiences.join(', ')],
]

/** What a credential says. */
export interface FederateFlags extends PlaceFlags {
  name: string
  issuer: string
  subject?: string
  claimsMatchingExpression?: string
  audience: string
}

/** Lets tokens of an issuer prove an identity. */
export async function addFederatedCredential(
  session: Session,
  identity: string,
  flags: FederateFlags,
): Promise<void> {
  const { issuer, audience, name } = flags
  const path = `${listPath(session, identity, flags)}/${segment(name)}`
  const properties = { issuer, ...claimsOf(flags), audiences: [audience] }
  const { body } = await session.client.call('PUT', path, { ...IDENTITIES, body: { properties } })
  printFacts(body, COLUMNS, flags)
}

/** Which tokens of the issuer. @throws {CliError} `argument_missing` or `argument_invalid`. */
function claimsOf({ subject, claimsMatchingExpression: value }: FederateFlags): object {
  if (subject !== undefined && value !== undefined) {
    const detail = '"--subject" and "--claims-matching-expression" are both given; keep one of them'
    throw new CliError('argument_invalid', { detail })
  }
  if (value !== undefined) {
    return { claimsMatchingExpression: { value, languageVersion: LANGUAGE_VERSION } }
  }
  if (subject !== undefined) return { subject }
  throw new CliError('argument_missing', {
    detail: 'nothing says whose tokens are trusted',
    hints: ['give --subject, or --claims-matching-expression for many subjects'],
  })
}

/** Prints those of an identity. */
export async function listFederatedCredentials(
  session: Session,
  identity: string,
  flags: PlaceFlags,
): Promise<void> {
  printTable(await session.client.list(listPath(session, identity, flags), IDENTITIES), COLUMNS, flags)
}

/** Takes one away. */
export async function removeFederatedCredential(
  session: Session,
  { identity, name }: { identity: string; name: string },
  flags: PlaceFlags & ConfirmationFlags,
): Promise<void> {
  const id = `${listPath(session, identity, flags)}/${segment(name)}`
  await confirm(`remove the federated credential ${id}`, flags)
  const { status } = await session.client.call('DELETE', id, IDENTITIES)
  const deleted = status !== NO_CONTENT
  printDone(deleted ? `removed: ${id}` : `it was not there: ${id}`, { id, deleted }, flags)
}

function listPath(session: Session, identity: string, flags: PlaceFlags): string {
  return `${identityId(session, identity, flags)}/federatedIdentityCredentials`
}
