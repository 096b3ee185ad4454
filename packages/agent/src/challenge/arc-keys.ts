/**
 * The keys of the Arc style: a folder that this agent alone holds, and the ring of keys that stand in its files.
 *
 * @see docs/protocol.md#the-challenge
 * @module
 */

import { ARC_KEY_FOLDER } from '@landfast/protocol'
import type { Logger } from '@landfast/server'
import type { Clock } from '../clock.ts'
import { refuseRealAgent } from '../machine/real-agent.ts'
import { type KeyFolder, openKeyFolder } from './key-folder.ts'
import { KeyRing, type Keys } from './key-ring.ts'

/** Where the keys stand, and who may read them. */
export interface ArcKeyOptions {
  /** Default `/var/opt/azcmagent/tokens`. */
  keyFolder?: string
  /** Default: the agent's own. */
  keyGroup?: string | undefined
}

/** What the keys take from outside. */
export interface ArcKeyParts {
  clock: Clock
  /** For measurements: keys of another kind than the ring of key files. */
  createKeys: ((folder: KeyFolder) => Keys) | undefined
  /** Takes what is to be done when the agent stops; the last is done first. */
  onStop: (step: () => void) => void
}

/** The keys of an endpoint. */
export interface ArcKeys {
  readonly keys: Keys
  /** The ring, unless they are keys of another kind. */
  readonly ring: KeyRing | undefined
  readonly folder: KeyFolder
}

/**
 * Opens the folder and makes the keys.
 *
 * @throws {AgentError} `real_agent_installed`, `platform_unsupported`, or one of the `key_folder_` and `group_` codes.
 */
export function openArcKeys(
  { keyFolder = ARC_KEY_FOLDER, keyGroup }: ArcKeyOptions,
  { clock, createKeys, onStop }: ArcKeyParts,
): ArcKeys {
  refuseRealAgent(keyFolder)
  const folder = openKeyFolder(keyFolder, keyGroup)
  onStop(() => folder.release())
  if (createKeys) return { keys: createKeys(folder), ring: undefined, folder }
  const ring = new KeyRing({ files: folder.files, monotonic: () => clock.monotonic() })
  onStop(() => ring.clear())
  return { keys: ring, ring, folder }
}

/** Removes what is stale. If somebody removed the folder, with the files of every key, it is made anew. */
export function tendKeys({ ring, folder }: ArcKeys, log: Logger): void {
  ring?.sweep()
  try {
    if (!folder.restore()) return
    ring?.clear()
    log.warn({ keyFolder: folder.path }, 'the key folder was removed by somebody; it was made anew')
  } catch (err) {
    log.error({ err }, 'the key folder was removed by somebody, and could not be made anew')
  }
}
