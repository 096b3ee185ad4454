/**
 * Declares the routes of service principals. A caller that may give a principal credentials or roles could act as it,
 * so a change needs the right to assign roles everywhere as well, which Contributor does not have.
 *
 * @module
 */

import type { Transaction } from 'kysely'
import { type ArmRequest, type ArmRoute, armRoute } from '../arm/arm-route.ts'
import { answerOnRecord, type Change } from '../arm/recorded-change.ts'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'
import { refusing } from './service-principal-error.ts'

/** What changes may be made with. */
const RIGHT_TO_GIVE = 'Microsoft.Authorization/roleAssignments/write'

/** A route that changes nothing. */
export function readingRoute(
  route: Pick<ArmRoute, 'path' | 'summary' | 'action' | 'answers'> & {
    read(request: ArmRequest): Promise<object>
  },
): ArmRoute {
  const { read, ...declaration } = route
  return armRoute<string>({
    ...declaration,
    method: 'GET',
    scope: () => '/',
    handle: (request) => refusing(async () => ({ body: await read(request as ArmRequest) })),
  })
}

/** A route that makes a change, with its entry in the audit trail, in one transaction. */
export function changingRoute(
  storage: Storage,
  route: Pick<ArmRoute, 'method' | 'path' | 'summary' | 'action' | 'body' | 'answers'> & {
    change(trx: Transaction<Schema>, request: ArmRequest): Promise<Change>
  },
): ArmRoute {
  const { change, ...declaration } = route
  return armRoute<string>({
    ...declaration,
    scope: () => '/',
    handle: async (request) => {
      await request.check(RIGHT_TO_GIVE, '/')
      return refusing(() =>
        storage.change(async (trx) => answerOnRecord(trx, request, await change(trx, request as ArmRequest))),
      )
    },
  })
}
