/**
 * Gathers equal grants: a caller that asks for a token again and again leaves one line a second, which counts, and not one
 * for each token.
 *
 * @see docs/security.md#the-audit-log
 * @module
 */

import type { AuditEntry, AuditLog } from './audit.ts'

/** So much is not written yet at most if the agent is killed. */
const GATHERED_MS = 1000

/** Kinds gathered at once; each line of a kind beyond that is written by itself. */
const KINDS_MAX = 1000

/** Grants of one kind since the last line of it. */
interface Gathered {
  count: number
  since: string
  last: AuditEntry | undefined
  timer: NodeJS.Timeout
}

/** `log`, in which equal grants are gathered. What is refused is written at once. */
export function gatherGrants(log: AuditLog): AuditLog {
  const kinds = new Map<string, Gathered>()

  /** The last kind: to compare with it costs less than to write it. */
  let recent: { entry: AuditEntry; kind: string } | undefined

  function write(entry: AuditEntry): void {
    const kind = recent && isOneKind(recent.entry, entry) ? recent.kind : kindOf(entry)
    recent = { entry, kind }
    const gathered = entry.outcome === 'granted' ? kinds.get(kind) : undefined
    if (gathered) {
      if (gathered.count === 0) gathered.since = entry.time
      gathered.count += 1
      gathered.last = entry
    } else {
      if (entry.outcome === 'granted' && kinds.size < KINDS_MAX) kinds.set(kind, begin(kind))
      log.write(entry)
    }
  }

  function begin(kind: string): Gathered {
    return { count: 0, since: '', last: undefined, timer: setTimeout(() => end(kind), GATHERED_MS) }
  }

  /** The line of what was gathered; if there was anything, gathering goes on. */
  function end(kind: string): void {
    const gathered = kinds.get(kind)
    clearTimeout(gathered?.timer)
    kinds.delete(kind)
    if (!gathered?.last) return
    kinds.set(kind, begin(kind))
    const { last, count, since } = gathered
    log.write(count === 1 ? last : { ...last, count, since })
  }

  return {
    write,
    get failing() {
      return log.failing
    },
    reopen: () => log.reopen(),
    close: () => {
      for (const kind of [...kinds.keys()]) {
        end(kind)
        clearTimeout(kinds.get(kind)?.timer)
        kinds.delete(kind)
      }
      return log.close()
    },
  }
}

/** What equal grants have in common: all but their moment, the id of the request, and the process that asked. */
const IN_COMMON = [
  ...(['style', 'userId', 'user', 'program', 'unit', 'container', 'workload', 'address', 'file'] as const),
  ...(['identity', 'audience', 'rule'] as const),
]

function kindOf(entry: AuditEntry): string {
  return JSON.stringify(IN_COMMON.map((name) => entry[name]))
}

function isOneKind(one: AuditEntry, other: AuditEntry): boolean {
  return IN_COMMON.every((name) => one[name] === other[name])
}
