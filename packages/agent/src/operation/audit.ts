/**
 * The audit log: one JSON line for each decision about a token, and never a secret.
 *
 * A mere challenge is no decision, and a probe without the metadata header is noise: both are only counted.
 * When lines cannot be written (a full disk) tokens are served all the same, and the loss is counted, logged
 * and shown by `/readyz`.
 *
 * @see docs/security.md#the-audit-log
 * @module
 */

import { closeSync, fstatSync, write as fsWrite, openSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { visibleLine, type WireErrorCode } from '@landfast/protocol'
import { explainCode, makeFolders } from '@landfast/server'
import { AgentError } from '../errors.ts'

/** Lines are gathered for this long, then written together. */
const GATHER_MS = 100

/** While lines are lost, writing is tried again so often. */
const RETRY_MS = 5000

/** Lines are lost, not gathered, when more than this waits for a disk. */
const WAITING_CHARACTERS_MAX = 4 * 1024 * 1024

/** How large a file becomes, some 60,000 lines; the one before it is kept beside it. */
const FILE_MAX_BYTES = 32 * 1024 * 1024

/** One decision. Unknown things are left out. */
export interface AuditEntry {
  /** ISO 8601 with milliseconds. */
  time: string
  correlationId: string
  /** The trace that the caller named, 32 hexadecimal digits. */
  traceId?: string | undefined
  style: string
  userId?: number | undefined
  user?: string | undefined
  /** Path of the caller's executable. */
  program?: string | undefined
  processId?: number | undefined
  /** The systemd unit that it runs in. */
  unit?: string | undefined
  /** The id of the container that it runs in. */
  container?: string | undefined
  /** The workload that asked. */
  workload?: string | undefined
  /** From where a workload asked, or whoever had none of their secrets. */
  address?: string | undefined
  /** ARM id of the resource whose identity it is. */
  identity?: string | undefined
  /** In its place, where none was found: by what it was selected. */
  selected?: string | undefined
  audience?: string | undefined
  /** The token file that the token went to, or was to go to. */
  file?: string | undefined
  outcome: 'granted' | 'refused'
  /** The rule of the policy that decided. */
  rule?: string | undefined
  /** Why it was refused. */
  reason?: WireErrorCode | undefined
  /** Refusals of the same user and reason that were left out before this one. */
  suppressed?: number | undefined
  /** How many equal grants it stands for, if more than one: from `since` to `time`. */
  count?: number | undefined
  since?: string | undefined
}

/** Where decisions are written. */
export interface AuditLog {
  write(entry: AuditEntry): void
  /** Whether the last lines could not be written. */
  readonly failing: boolean
  /** Opens the file anew, after it was rotated away. */
  reopen(): void
  /** Writes what is left. */
  close(): Promise<void>
}

/** Codes that are no decisions. */
export const NOT_AUDITED: ReadonlySet<WireErrorCode> = new Set([
  'key_required',
  'metadata_header_missing',
  'path_unknown',
])

/**
 * An audit log that appends to `file`, made 0600. `onLost` is told how many lines could not be written.
 *
 * @throws {AgentError} `audit_unwritable`.
 */
export function openAuditLog(
  file: string,
  onLost: (lines: number, cause?: unknown) => void = () => {},
  write: WriteBytes = promisify(fsWrite),
  maxBytes = FILE_MAX_BYTES,
): AuditLog {
  return new AuditFile(file, { onLost, write, maxBytes })
}

/** Writes some bytes of `text` from `offset` on, and says how many. */
type WriteBytes = (descriptor: number, text: Buffer, offset: number) => Promise<{ bytesWritten: number }>

interface AuditFileOptions {
  onLost: (lines: number, cause?: unknown) => void
  write: WriteBytes
  maxBytes: number
}

class AuditFile implements AuditLog {
  readonly #file: string
  readonly #write: WriteBytes
  readonly #onLost: (lines: number, cause?: unknown) => void
  readonly #maxBytes: number
  #descriptor: number
  /** Of the file; undefined if it is none that could be too large. */
  #size: number | undefined
  #closed = false
  /** Whether the file ends in the middle of a line. */
  #torn = false
  #lines: string[] = []
  #waiting = 0
  /** Lines lost since the last that was written. */
  #lost = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(file: string, { onLost, write, maxBytes }: AuditFileOptions) {
    this.#write = write
    this.#file = file
    this.#onLost = onLost
    this.#maxBytes = maxBytes
    this.#descriptor = openForAppend(file)
    this.#size = sizeOf(this.#descriptor)
  }

  get failing(): boolean {
    return this.#lost > 0
  }

  write(entry: AuditEntry): void {
    const line = `${visibleLine(JSON.stringify(entry))}\n`
    if (this.#closed || this.#waiting + line.length > WAITING_CHARACTERS_MAX) {
      this.#lose(1)
      return
    }
    this.#waiting += line.length
    this.#lines.push(line)
    this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS)
  }

  reopen(): void {
    if (this.#closed) return
    this.#flush()
    this.#writing = this.#writing.then(() => this.#openAnew())
    this.#writing = this.#writing.catch((cause) => this.#onLost(0, cause))
  }

  #openAnew(): void {
    const old = this.#descriptor
    this.#descriptor = openForAppend(this.#file)
    this.#size = sizeOf(this.#descriptor)
    this.#torn = false
    closeSync(old)
  }

  /** One that would become too large takes the place of the file before it. */
  #makeRoom(bytes: number): void {
    if (!this.#size || this.#size + bytes <= this.#maxBytes) return
    try {
      renameSync(this.#file, `${this.#file}.1`)
      this.#openAnew()
    } catch (cause) {
      this.#onLost(0, cause)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#flush()
    await this.#writing
    clearTimeout(this.#timer)
    closeSync(this.#descriptor)
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const lines = this.#lines.splice(0)
    if (lines.length > 0 || this.#lost > 0) this.#writing = this.#writing.then(() => this.#append(lines))
  }

  async #append(lines: readonly string[]): Promise<void> {
    const lost = this.#lost
    const report =
      lost > 0 ? `${JSON.stringify({ time: new Date().toISOString(), outcome: 'lost', lines: lost })}\n` : ''
    const text = Buffer.from((this.#torn ? '\n' : '') + report + lines.join(''))
    this.#makeRoom(text.length)
    try {
      for (let done = 0; done < text.length; ) {
        const { bytesWritten } = await this.#write(this.#descriptor, text, done)
        done += bytesWritten
        if (this.#size !== undefined) this.#size += bytesWritten
        this.#torn = done < text.length
      }
      this.#lost -= lost
    } catch (cause) {
      this.#lose(lines.length, cause)
    }
    this.#waiting -= lines.join('').length
  }

  /** Lost lines are counted into the next line that can be written, which is tried soon. */
  #lose(lines: number, cause?: unknown): void {
    this.#lost += lines
    this.#onLost(lines, cause)
    if (!this.#closed) this.#timer ??= setTimeout(() => this.#flush(), RETRY_MS).unref()
  }
}

function sizeOf(descriptor: number): number | undefined {
  const found = fstatSync(descriptor)
  return found.isFile() ? found.size : undefined
}

function openForAppend(file: string): number {
  try {
    makeFolders(dirname(file), 0o700)
    return openSync(file, 'a', 0o600)
  } catch (error) {
    throw new AgentError(
      'audit_unwritable',
      `"${file}" (${explainCode((error as NodeJS.ErrnoException).code)})`,
      error,
    )
  }
}
