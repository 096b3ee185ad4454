/**
 * The standard streams of the process, and its end: all that was written arrives, or the process fails. The only file
 * that calls `process.exit`.
 *
 * @module
 */

import { fstatSync, writeSync } from 'node:fs'
import { Writable } from 'node:stream'

/** Where output goes. */
export type Channel = 'stdout' | 'stderr'

const DESCRIPTOR = { stdout: 1, stderr: 2 } as const

/** The streams that were written to or asked for. */
const opened = new Map<Channel, Writable>()

/** Errors of writers that go past these streams, such as the log's. */
let unwritten: Error | undefined

/** Writes `text` after all that was written to `channel` before. Never throws: `endProcess` tells what became of it. */
export function writeOutput(channel: Channel, text: string): void {
  streamOf(channel).write(text)
}

/** Notes that a writer past these streams lost output on stderr, so that the process does not end as if all were said. */
export function noteUnwritten(error: Error): void {
  if (!isReaderGone(error, 'stderr')) unwritten ??= error
}

/** Resolves when all that was written to `channel` is out, with the error if it is not; a reader that left is none. */
export async function whenWritten(channel: Channel): Promise<Error | undefined> {
  const stream = streamOf(channel)
  if (!stream.errored) await new Promise<void>((resolve) => stream.write('', () => resolve()))
  const { errored } = stream
  return errored && !isReaderGone(errored, channel) ? errored : undefined
}

/** Whether more can be written to `channel`, told once all that was written is out: not if its reader is gone. */
export async function isTaken(channel: Channel): Promise<boolean> {
  await whenWritten(channel)
  return !streamOf(channel).errored
}

/**
 * Ends the process with `exitCode` once all output is written or its reader is gone. Output that could not be written
 * makes 1 of 0, after `complain` was told.
 */
export async function endProcess(
  exitCode: number,
  complain: (error: Error) => void = () => {},
): Promise<never> {
  const stdout = await whenWritten('stdout')
  if (stdout) complain(stdout)
  const stderr = await whenWritten('stderr')
  const isWhole = !stdout && !stderr && !unwritten
  process.exit(exitCode === 0 && !isWhole ? 1 : exitCode)
}

/** Ends the process for a user who insists: what was not written by now is lost, so `exitCode` is never 0. */
export function endAtOnce(exitCode: number): never {
  process.exit(exitCode || 1)
}

/** Whether `error` says that nobody reads any longer. */
function isReaderGone(error: NodeJS.ErrnoException, channel: Channel): boolean {
  // A terminal that was closed says what a failing disk says.
  if (error.code === 'EIO') return fstatSync(DESCRIPTOR[channel]).isCharacterDevice()
  return error.code === 'EPIPE' || error.code === 'ECONNRESET'
}

function streamOf(channel: Channel): Writable {
  const known = opened.get(channel)
  if (known) return known
  const standard = process[channel]
  const stream = isPlainFile(standard) ? wholeFile(DESCRIPTOR[channel]) : standard
  // Looked at by `endProcess`; without a listener it would end the process here.
  stream.on('error', () => {})
  opened.set(channel, stream)
  return stream
}

/** Node's stream of a file or device takes a short write for a whole one, so a disk that gets full goes unnoticed. */
function isPlainFile(standard: NodeJS.WriteStream): boolean {
  return standard.constructor.name === 'SyncWriteStream'
}

function wholeFile(descriptor: number): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      try {
        for (let at = 0; at < chunk.length; ) at += writeSync(descriptor, chunk, at)
        done()
      } catch (error) {
        done(error as Error)
      }
    },
  })
}
