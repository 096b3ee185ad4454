/**
 * `landfast machine remove --not-seen-for SPAN`: deletes machines that are dead, by an administrator's word. The control plane
 * looks at each once more and deletes it in one transaction, so that one that has come back stays.
 *
 * @see docs/administration.md#machines-that-are-gone
 * @module
 */

import { CliError } from '../cli-error.ts'
import { required } from '../flags.ts'
import { printNote } from '../terminal.ts'
import { type Column, printPages } from './answer.ts'
import type { ConfirmationFlags } from './confirmation.ts'
import { MACHINE_COLUMNS } from './machine.ts'
import { type MachineListFlags, machinePages, readSpan } from './machine-list.ts'
import type { Session } from './session.ts'

/** As many as the control plane takes at once. */
const BATCH_MACHINES = 100

const DAY_MILLISECONDS = 86_400_000

/** What became of a machine. */
interface Outcome {
  id: string
  outcome: 'removed' | 'seen' | 'missing' | 'refused'
  code?: string
}

/** Deletes them with `--yes`, and lists them without. */
export async function removeUnseenMachines(
  session: Session,
  flags: MachineListFlags & ConfirmationFlags,
): Promise<void> {
  const span = readSpan(required(flags, 'notSeenFor', '--not-seen-for'))
  if (span < DAY_MILLISECONDS) {
    const detail = `"--not-seen-for" must be a day at least, not "${flags.notSeenFor}"`
    throw new CliError('argument_invalid', { detail })
  }
  const now = new Date()
  if (flags.yes) return await removeAll(session, flags, now)
  const count = await printPages(machinePages(session, flags, now), MACHINE_COLUMNS, flags)
  if (count > 0) printNote(`nothing was deleted; repeat it with --yes to delete these ${count} for ever`)
}

/** What was not deleted, because the command or the control plane ended, is found again by the same command. */
async function removeAll(session: Session, flags: MachineListFlags, now: Date): Promise<void> {
  const counts = { removed: 0, seen: 0, missing: 0, refused: 0 }
  await printPages(removing(session, { flags, now, counts }), OUTCOME_COLUMNS, flags)
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0)
  printNote(`deleted ${counts.removed} of ${all} machines`)
  if (counts.refused === 0) return
  const detail = `${counts.refused} machines were refused`
  throw new CliError('machine_not_deleted', {
    detail,
    hints: ['the lines above say which, and by which code'],
  })
}

const OUTCOME_COLUMNS: readonly Column<Outcome>[] = [
  ['outcome', ({ outcome, code }) => (code === undefined ? outcome : `${outcome} (${code})`)],
  ['id', ({ id }) => id],
]

interface Removal {
  flags: MachineListFlags
  now: Date
  counts: Record<Outcome['outcome'], number>
}

/** Deletes as it is read. */
async function* removing(
  session: Session,
  { flags, now, counts }: Removal,
): AsyncGenerator<readonly Outcome[]> {
  const seenBefore = new Date(now.getTime() - readSpan(flags.notSeenFor ?? '')).toISOString()
  for await (const page of machinePages(session, flags, now)) {
    const ids = (page as { id: string }[]).map(({ id }) => id)
    for (let at = 0; at < ids.length; at += BATCH_MACHINES) {
      const body = { resourceIds: ids.slice(at, at + BATCH_MACHINES), seenBefore }
      const answer = await session.client.call('POST', '/landfast/v1/machines/remove-unseen', { body })
      const outcomes = answer.body.value as Outcome[]
      for (const { outcome } of outcomes) counts[outcome] += 1
      yield outcomes
    }
  }
}
