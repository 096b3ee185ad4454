/**
 * systemd's journal, as the log and the lines on stderr meet it: a line that begins with a number in angle brackets has
 * that priority, so that `journalctl -p warning` finds what it should.
 *
 * @see https://www.freedesktop.org/software/systemd/man/latest/sd-daemon.html
 * @module
 */

import { fstatSync } from 'node:fs'

const STDERR = 2

/** syslog's "err". */
const FAILURE = 3

/** syslog's number of each of pino's levels. */
const PRIORITIES: Readonly<Record<string, number>> = { 10: 7, 20: 7, 30: 6, 40: 4, 50: 3, 60: 2 }

/** Whether a stream with that `device` and inode is the one that systemd connected to its journal. */
export function isJournal(
  { JOURNAL_STREAM }: { JOURNAL_STREAM?: string | undefined },
  { dev, ino }: { dev: number; ino: number },
): boolean {
  return JOURNAL_STREAM === `${dev}:${ino}`
}

/** Whether stderr is the journal. */
export function isErrorJournal(): boolean {
  return process.env.JOURNAL_STREAM !== undefined && isJournal(process.env, fstatSync(STDERR))
}

/** `lines`, each as a failure. */
export function asFailures(lines: readonly string[]): string[] {
  return lines.map((line) => `<${FAILURE}>${line}`)
}

/** A line of the log with the priority of its level. */
export function withPriority(line: string): string {
  const [, level = ''] = /^\{"level":(\d+)/.exec(line) ?? []
  const priority = PRIORITIES[level]
  return priority === undefined ? line : `<${priority}>${line}`
}
