/**
 * A machine's report of its system: that part of Resource Manager's `properties`. It is written only when it has
 * changed. It leaves the ETag, by which two administrators do not undo each other's changes: no machine is one of them.
 *
 * @see ../registry/machine-properties.ts for which those are
 * @module
 */

import type { Transaction } from 'kysely'
import { type MachineProperties, reportProperties } from '../registry/machine-properties.ts'
import type { Schema } from '../storage/schema.ts'
import { OnboardingError } from './onboarding-error.ts'

/** The longest report, as JSON. What Azure's own agent reports has some 3,000 characters. */
const REPORT_MAX_CHARACTERS = 16_384

/**
 * `sent` as properties, of which whatever is not for a machine to tell is left out later.
 *
 * @throws {OnboardingError} `InvalidParameter` if they are too long.
 */
export function readReport(sent: object): MachineProperties {
  if (JSON.stringify(sent).length <= REPORT_MAX_CHARACTERS) return { ...sent }
  const detail = `"properties" has more than ${REPORT_MAX_CHARACTERS} characters`
  throw new OnboardingError('InvalidParameter', { detail })
}

/** What one machine told. */
interface Report {
  key: { identity: { principalId: string } }
  properties: MachineProperties | undefined
  time: Date
}

/** Writes what is new in `reports`; of several of one machine the last counts. */
export async function writeReports(trx: Transaction<Schema>, reports: readonly Report[]): Promise<void> {
  const told = new Map(
    reports.flatMap(({ key, properties, time }) =>
      properties ? [[key.identity.principalId, { properties, time }]] : [],
    ),
  )
  if (told.size === 0) return
  const rows = await trx
    .selectFrom('machine')
    .select(['principal_id', 'properties'])
    .where('principal_id', 'in', [...told.keys()])
    .execute()
  for (const { principal_id, properties: kept } of rows) {
    const report = told.get(principal_id)
    const properties = report && JSON.stringify(reportProperties(JSON.parse(kept), report.properties))
    if (!report || properties === undefined || properties === kept) continue
    await writeProperties(trx, { principalId: principal_id, properties, time: report.time })
  }
}

async function writeProperties(
  trx: Transaction<Schema>,
  { principalId, properties, time }: { principalId: string; properties: string; time: Date },
): Promise<void> {
  await trx
    .updateTable('machine')
    .set({ properties, changed_at: time.getTime() })
    .where('principal_id', '=', principalId)
    .execute()
}
