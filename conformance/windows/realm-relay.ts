/**
 * Stands before an agent on Linux and tells clients on Windows the path of a key file as it is called there. It changes
 * that header and nothing else: what the client sends is judged by the agent.
 *
 * @module
 */

import { parseChallenge } from '@landfast/protocol'
import { type Relay, type RelayOptions, startRelay } from '../relay.ts'
import { type KeyFileFault, spoilKeyFile } from './key-file-faults.ts'
import type { SharedFolder } from './shared-folder.ts'

/** What came of challenges with a faulty key file. */
export interface FaultyKeys {
  challenges: number
  /** Sent all the same. */
  keys: number
}

/** A running relay. */
export interface RealmRelay extends Relay {
  /** From now on challenges name a key file with this fault, or as it should be. */
  spoil(fault: KeyFileFault | undefined): void
  /** Since the fault was chosen. */
  faulty(): FaultyKeys
}

/** Starts one that names key files in `folder`. */
export async function startRealmRelay(
  place: Pick<RelayOptions, 'url' | 'address' | 'port'>,
  folder: SharedFolder,
): Promise<RealmRelay> {
  let fault: KeyFileFault | undefined
  let seen: FaultyKeys = { challenges: 0, keys: 0 }
  const rename = (name: string) => {
    if (fault === undefined) return `${folder.onWindows}\\${name}`
    seen.challenges += 1
    return spoilKeyFile(fault, folder, name)
  }
  const relay = await startRelay({
    ...place,
    answers: ({ headers }) => {
      if (headers.authorization !== undefined) seen.keys += 1
      return false
    },
    rewrite: (headers) => rewriteChallenge(headers, folder.onLinux, rename),
  })
  return {
    ...relay,
    spoil: (wanted) => {
      fault = wanted
      seen = { challenges: 0, keys: 0 }
    },
    faulty: () => seen,
  }
}

/** `headers`, name and value by turns, where a challenge that names a file directly in `folder` names what `rename` says. */
export function rewriteChallenge(
  headers: readonly string[],
  folder: string,
  rename: (name: string) => string,
): string[] {
  return headers.map((value, index) => {
    if (index % 2 === 0 || headers[index - 1]?.toLowerCase() !== 'www-authenticate') return value
    const path = parseChallenge(value)
    const name = path?.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : ''
    if (path === undefined || name === '' || name.includes('/')) return value
    return value.replace(path, () => rename(name))
  })
}
