/**
 * Challenges whose key file is not as it should be: missing, unreadable, late, or in another folder. The files are made beside
 * the agent's own, which stay whole.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { chmod, copyFile, mkdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { formatChallenge, HEADER, parseChallenge } from '@landfast/protocol'
import { makeFolders } from '@landfast/server'
import type { Answer } from './captured-answer.ts'
import type { FaultOf } from './fault.ts'

/** The faults that are about the key file. */
export type KeyFileFault = FaultOf<
  'key-file-missing' | 'key-file-unreadable' | 'key-group-lost' | 'key-file-late' | 'key-file-elsewhere'
>

/** Where files may be made, and what is to be removed in the end. */
export interface KeyFilePlaces {
  /** A folder of the emulator's own, which is not the key folder. */
  elsewhere: string
  /** Whether who is answered may read files whatever their mode. */
  readsEverything: () => Promise<boolean>
  /** Closes the key folder until the next request. */
  close: (folder: string) => Promise<void>
  /** Waits; false if the emulator ends first. */
  pause: (seconds: number) => Promise<boolean>
  /** Takes what undoes a file. */
  defer: (undo: () => Promise<void>) => void
}

/** `answer` with a challenge that has the fault; an answer without a challenge stays as it is. */
export async function spoilChallenge(
  answer: Answer,
  fault: KeyFileFault,
  places: KeyFilePlaces,
): Promise<Answer> {
  const real = parseChallenge(String(answer.headers[HEADER.challenge] ?? ''))
  if (real === undefined) return answer
  const { readsEverything, close } = places
  if (fault.kind === 'key-group-lost' && !(await readsEverything())) {
    await close(dirname(real))
    return answer
  }
  const folder = fault.kind === 'key-file-elsewhere' ? places.elsewhere : dirname(real)
  const path = join(folder, `${randomUUID()}.key`)
  await placeFile(fault, { real, path }, places)
  return { ...answer, headers: { ...answer.headers, [HEADER.challenge]: formatChallenge(path) } }
}

async function placeFile(
  fault: KeyFileFault,
  { real, path }: { real: string; path: string },
  { readsEverything, pause, defer }: KeyFilePlaces,
): Promise<void> {
  const remove = () => rm(path, { recursive: true, force: true })
  switch (fault.kind) {
    case 'key-file-missing':
      return
    case 'key-file-elsewhere':
      makeFolders(dirname(path), 0o700)
      await copyFile(real, path)
      return defer(remove)
    case 'key-file-unreadable':
    case 'key-group-lost':
      await placeUnreadable({ real, path }, await readsEverything())
      return defer(remove)
    case 'key-file-late': {
      // A program that cleans up the key folder meanwhile has no key, and ends nothing else.
      const late = placeLate(fault.delaySeconds, { real, path }, pause).catch(() => {})
      return defer(async () => {
        await late
        await remove()
      })
    }
  }
}

/** Who may read every file can still read no folder as one. */
async function placeUnreadable(
  { real, path }: { real: string; path: string },
  isForRoot: boolean,
): Promise<void> {
  if (isForRoot) await mkdir(path)
  else await copyFile(real, path)
  await chmod(path, 0o000)
}

/** Taken from the real file at once: it may hold another key by then. */
async function placeLate(
  delaySeconds: number,
  { real, path }: { real: string; path: string },
  pause: KeyFilePlaces['pause'],
): Promise<void> {
  const kept = join(dirname(path), `.${basename(path)}`)
  try {
    await copyFile(real, kept)
    if (await pause(delaySeconds)) await copyFile(kept, path)
  } finally {
    await rm(kept, { force: true })
  }
}
