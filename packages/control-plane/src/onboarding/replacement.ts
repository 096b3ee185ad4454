/**
 * The enrolment with a join token that replaces: a machine that is there already has the key of the host that comes with
 * it, and keeps its ids, roles and identities.
 *
 * @see docs/onboarding.md#a-machine-that-lost-its-state
 * @module
 */

import type { Enrolment, EnrolmentRequest } from '@landfast/protocol'
import type { Kysely, Transaction } from 'kysely'
import { recordAudit } from '../audit/audit-trail.ts'
import type { AuthorityNames } from '../authority/endpoints.ts'
import { takeBack } from '../registry/machine-acceptance.ts'
import { reportProperties } from '../registry/machine-properties.ts'
import type { CertifiedKey } from '../registry/machine-public-key.ts'
import { findMachineOf, type MachineResource, updateMachine } from '../registry/machine-resource.ts'
import { mayDecideHost } from '../registry/machine-rights.ts'
import { newNonce } from '../registry/new-machine.ts'
import type { Schema } from '../storage/schema.ts'
import { firstAnswer } from './first-answer.ts'
import { endReplacingTokens, type JoinToken, joinTokenPath, spendJoinToken } from './join-tokens.ts'
import { onboardingEntry, originOf } from './onboarding-audit.ts'
import { OnboardingError } from './onboarding-error.ts'
import type { RequestTrace } from './onboarding-parts.ts'
import { readReport } from './reported-properties.ts'

/**
 * The machine that `token` replaces; undefined if it lets in new ones. A disabled one stays disabled, and its former host
 * is shut out before it is enabled.
 *
 * @throws {OnboardingError} `JoinTokenRefused` if it was deleted, or whoever made the token may not do so any more: the
 *   machine may have more roles by now.
 */
export async function findReplaced(
  db: Kysely<Schema>,
  { replaces, createdBy }: Pick<JoinToken, 'replaces' | 'createdBy'>,
): Promise<MachineResource | undefined> {
  if (replaces === null) return undefined
  const machine = await findMachineOf(db, replaces)
  if (!machine || !(await mayDecideHost(db, createdBy, machine)))
    throw new OnboardingError('JoinTokenRefused')
  return machine
}

/** What takes the place of the machine's former host. */
export interface Replacement {
  token: JoinToken
  machine: MachineResource
  request: EnrolmentRequest
  key: CertifiedKey
  trace: RequestTrace
}

/** Gives the machine its new key, and spends the token. @throws {RegistryError} `key_known`. */
export async function replaceKey(
  trx: Transaction<Schema>,
  names: AuthorityNames,
  { token, machine, request, key, trace }: Replacement,
): Promise<Enrolment> {
  const { principalId } = machine
  const { time } = trace
  await takeBack(trx, { principalId, key, presence: freshPresence(time), time })
  await updateMachine(trx, machine, {
    tags: machine.tags,
    properties: reportProperties(machine.properties, readReport(request.properties ?? {})),
    vmId: request.vmId.toLowerCase(),
    time,
  })
  const given = { thumbprint: key.thumbprint, principalId, time }
  await spendJoinToken(trx, { ...given, id: token.id })
  await endReplacingTokens(trx, principalId)
  const origin = originOf(trace, request.hostName)
  await recordAudit(trx, [
    onboardingEntry('use-join-token', trace, { ...machine, resourceId: joinTokenPath(token.id) }),
    { ...onboardingEntry('replace-machine', trace, machine), origin, detail: await allowedBy(trx, token) },
  ])
  return firstAnswer(trx, names, { ...given, alsoDisabled: true })
}

/** By which join token, and who made it: the token is deleted some time after its end, and its maker may be too. */
async function allowedBy(trx: Transaction<Schema>, { id, createdBy }: JoinToken): Promise<string> {
  const maker = await trx
    .selectFrom('principal')
    .select('display_name')
    .where('id', '=', createdBy)
    .executeTakeFirst()
  return `by the join token ${id}, made by ${[maker?.display_name, createdBy].filter(Boolean).join(' ')}`
}

/** As of a machine that was never heard of, so that its first answer is given again until it is. */
function freshPresence(time: Date): Omit<Schema['presence'], 'principal_id' | 'previous_nonce'> {
  return {
    status: 'AwaitingConnection',
    status_changed_at: time.getTime(),
    last_heartbeat_at: null,
    nonce: newNonce(),
    host_name: null,
  }
}
