/**
 * What the slower of two people sees who change one machine: how it is now, and who changed it.
 *
 * @see docs/portal.md#two-people
 * @module
 */

import type { AuditAction } from '../../../audit/audit-entry.ts'
import { type Html, html } from '../../html/html.ts'
import { facts, happened, link } from '../../html/parts.ts'
import { shown } from '../../html/shown-text.ts'
import { ApiRefusal, unlessForbidden } from '../../inner/api-refusal.ts'
import { isLate, LostChange } from '../../inner/lost-change.ts'
import { MACHINE_PATH, resourcePath, versioned } from '../../inner/resource-paths.ts'
import type { PageRequest } from '../../page.ts'
import { type AuditBody, auditTable, readAudit } from '../audit-table.ts'
import { statusBadge } from './machine-status.ts'
import { tagMarks } from './tag-marks.ts'

/** Each makes the ETag of a machine another one, or ends it. */
const CHANGES: readonly AuditAction[] = [
  'disable-machine',
  'enable-machine',
  'accept-restored-machine',
  'change-machine',
  'delete-machine',
]

const DAY_MILLISECONDS = 86_400_000

/** As many changes as are shown. */
const SHOWN_CHANGES = 3

/** Does `change` to the machine of `request`. @throws {LostChange} if somebody else was faster. */
export async function changeMachine(request: PageRequest, change: () => Promise<unknown>): Promise<void> {
  try {
    await change()
  } catch (error) {
    throw isLate(error, request.form.etag) ? new LostChange(error, await present(request)) : error
  }
}

async function present(request: PageRequest): Promise<Html> {
  const { api, params, time } = request
  const path = resourcePath(MACHINE_PATH, params)
  const [machine, changes] = await Promise.all([
    api.find(versioned(path, 'machines')).catch(unlessForbidden),
    lastChanges(request, decodeURIComponent(path)),
  ])
  const tags = tagMarks(machine?.tags ?? {})
  return html`<h2>How it is now</h2>
${
  machine
    ? facts([
        ['Status', statusBadge(machine.properties)],
        ['Tags', tags.length === 0 ? shown(undefined) : html`${tags}`],
        ['Last change', happened(machine.systemData.lastModifiedAt, time)],
      ])
    : html`<p>There is no such machine any more. <a href="${link('/machines')}">All machines</a></p>`
}
${changes.length > 0 && html`<h2>Who changed it</h2>${auditTable(changes, time)}`}`
}

/** The newest first; none where the visitor may not read them. */
async function lastChanges({ api, time }: PageRequest, machine: string): Promise<AuditBody[]> {
  const since = new Date(time.getTime() - DAY_MILLISECONDS).toISOString()
  const search = { machine, since, outcome: 'done', $top: String(SHOWN_CHANGES) }
  const found = await Promise.all(
    CHANGES.map((action) => readAudit(api, { ...search, action }).catch(unlessRefused)),
  )
  const all = found.flatMap((entries) => entries ?? [])
  return all.toSorted((one, other) => other.time.localeCompare(one.time)).slice(0, SHOWN_CHANGES)
}

/** That the trail does not know the machine must not hide how it is. */
function unlessRefused(error: unknown): undefined {
  if (error instanceof ApiRefusal) return undefined
  throw error
}
