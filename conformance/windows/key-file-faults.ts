/**
 * Key files that a client on Windows has to refuse: any program may listen on the agent's port and name a file. Each holds a
 * key that the agent gave.
 *
 * @module
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { KEY_FILE_MAX_BYTES } from '@landfast/protocol'
import type { SharedFolder } from './shared-folder.ts'

/** What can be wrong with one. */
export const KEY_FILE_FAULTS = ['elsewhere', 'other-drive', 'above', 'other-ending', 'too-large'] as const

/** One of them. */
export type KeyFileFault = (typeof KEY_FILE_FAULTS)[number]

/** Puts the key in the file `name` of `folder` where `fault` says; the path for the challenge. */
export function spoilKeyFile(fault: KeyFileFault, folder: SharedFolder, name: string): string {
  const { onLinux, onWindows, onOtherDrive } = folder
  const key = readFileSync(join(onLinux, name), 'latin1')
  switch (fault) {
    case 'elsewhere':
      write(join(dirname(onLinux), 'Elsewhere', name), key)
      return `${onWindows.slice(0, onWindows.lastIndexOf('\\'))}\\Elsewhere\\${name}`
    case 'other-drive':
      return `${onOtherDrive}\\${name}`
    case 'above':
      write(join(dirname(onLinux), name), key)
      return `${onWindows}\\..\\${name}`
    case 'other-ending':
      write(join(onLinux, `${name}.txt`), key)
      return `${onWindows}\\${name}.txt`
    case 'too-large':
      write(join(onLinux, `large-${name}`), key.padEnd(KEY_FILE_MAX_BYTES + 1, 'x'))
      return `${onWindows}\\large-${name}`
  }
}

function write(file: string, key: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, key)
}
