/**
 * Who comes in to the portal by an ID token: the user that it speaks of, if that or one of its groups has a role here.
 *
 * @see docs/portal.md#with-your-companys-accounts
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import type { AuditEntry } from '../audit/audit-entry.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import { spendAssertions } from '../authority/spent-assertions.ts'
import {
  createForeignPrincipal,
  type ForeignPrincipal,
  findForeignPrincipal,
  newForeignPrincipal,
} from '../registry/people/foreign-principals.ts'
import { groupsNamed, hasRole, writeMemberships, writeName } from '../registry/people/memberships.ts'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'
import type { SessionChange } from './portal-sessions.ts'

/** What an ID token says of a person. */
export interface Person {
  issuer: string
  subject: string
  displayName: string
  /** The values in the claim of the groups. */
  groups: readonly string[]
}

/** The sign-in that the ID token ends; it is good once. */
export interface EndedSignIn {
  state: string
  /** When it could not be ended any more. */
  expiresAt: Date
}

/** Whose session begins, or why none does. */
export type Admitted = { principalId: string } | 'spent' | 'no role' | 'disabled'

/** Lets people in. */
export interface PortalPeople {
  admit(person: Person, signIn: EndedSignIn, change: SessionChange): Promise<Admitted>
}

/** People whom the registry in `storage` knows, or makes known. */
export function createPortalPeople(storage: Storage, { tenantId }: { tenantId: string }): PortalPeople {
  return {
    admit: (person, signIn, change) =>
      storage.change(async (trx) => {
        const spent = { clientId: person.issuer, jti: signIn.state, expiresAt: signIn.expiresAt }
        const [isFresh] = await spendAssertions(trx, [spent])
        return isFresh ? admit(trx, { person, tenantId, change }) : 'spent'
      }),
  }
}

async function admit(
  trx: Transaction<Schema>,
  { person, tenantId, change }: { person: Person; tenantId: string; change: SessionChange },
): Promise<Admitted> {
  const { issuer, subject: value, displayName } = person
  const known = await findForeignPrincipal(trx, { kind: 'user', issuer, value })
  if (known?.state === 'disabled') return 'disabled'
  const groupIds = await groupsNamed(trx, issuer, person.groups)
  // What the provider says now counts for a user who is known, whether it comes in by that or not.
  if (known) await writeMemberships(trx, known.principalId, groupIds)
  if (!(await hasRole(trx, known ? [known.principalId, ...groupIds] : groupIds))) return 'no role'
  const wish = { tenantId, kind: 'user', displayName, issuer, value } as const
  const { principalId } = known ?? (await makeUser(trx, newForeignPrincipal(wish, change.time), change))
  if (!known) await writeMemberships(trx, principalId, groupIds)
  else if (known.displayName !== displayName) await writeName(trx, principalId, displayName)
  return { principalId }
}

async function makeUser(
  trx: Transaction<Schema>,
  user: ForeignPrincipal,
  { time, correlationId, address: origin }: SessionChange,
): Promise<ForeignPrincipal> {
  const { principalId } = user
  await createForeignPrincipal(trx, user)
  const entry: AuditEntry = {
    ...{ id: randomUUID(), time, action: 'create-user', outcome: 'done', correlationId, origin },
    ...{ principalId, clientId: principalId, resourceId: `/landfast/v1/users/${principalId}` },
  }
  await recordAudit(trx, [entry])
  return user
}
