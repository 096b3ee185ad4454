/**
 * This control plane as an issuer of federated credentials: a machine's own token can prove another identity. The
 * keys are here already, so nothing is fetched.
 *
 * @module
 */

import { createPublicKey, type KeyObject } from 'node:crypto'
import type { Kysely } from 'kysely'
import { type AuthorityNames, issuerOf } from '../authority/endpoints.ts'
import { readKeptKids } from '../authority/signing-key-store.ts'
import type { SigningKeys } from '../authority/signing-keys.ts'
import type { Schema } from '../storage/schema.ts'
import type { IssuerKeys } from './foreign-issuers.ts'
import type { KeyName } from './issuer-documents.ts'

/** What the own issuer works with. */
export interface OwnIssuerParts {
  names: AuthorityNames
  signingKeys: Pick<SigningKeys, 'seek'>
  db: Kysely<Schema>
}

/** Answers for this control plane's own issuers itself, and for every other by `foreign`. */
export function withOwnIssuer(parts: OwnIssuerParts, foreign: IssuerKeys): IssuerKeys {
  return {
    findKey: (issuer, name, wish) =>
      isOwn(parts.names, issuer)
        ? findOwnKey(parts, name, wish.subject)
        : foreign.findKey(issuer, name, wish),
  }
}

function isOwn(names: AuthorityNames, issuer: string): boolean {
  return issuer === names.issuerV1 || issuer === issuerOf(names, 'v2')
}

/** Tokens outlive the principals that they were given to, and must not help one that was deleted to new ones. */
async function findOwnKey(
  { signingKeys, db }: OwnIssuerParts,
  { kid }: KeyName,
  subject: string | undefined,
): Promise<KeyObject | undefined> {
  if (!(await isEnabled(db, subject))) return undefined
  // One that another replica has withdrawn may still be in this one's memory.
  if (!(await readKeptKids(db)).has(kid)) return undefined
  const published = await signingKeys.seek(kid)
  return published && createPublicKey({ key: { ...published }, format: 'jwk' })
}

async function isEnabled(db: Kysely<Schema>, principalId: string | undefined): Promise<boolean> {
  if (typeof principalId !== 'string') return false
  const principal = await db
    .selectFrom('principal')
    .select('state')
    .where('id', '=', principalId)
    .executeTakeFirst()
  return principal?.state === 'enabled'
}
