/**
 * Compressed tar archives that have the same bytes wherever they are made of the same files.
 *
 * @see https://reproducible-builds.org/docs/archives/
 * @module
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { PackageError } from './package-error.ts'

/** Of zlib: its best takes three times as long and saves 0.3 % of Node's program. */
const LEVEL = 6

const FIXED = ['--format=ustar', '--sort=name', '--numeric-owner']

/** What is packed, and how. */
export interface PackedFolder {
  parent: string
  /** What is packed of the folder `parent`, with all that is in it. */
  names: readonly string[]
  epochSeconds: number
  /** The user and group to whom everything belongs. */
  owner?: number
  isCompressed?: boolean
}

/**
 * Packs folders into `file`.
 *
 * @throws {PackageError} if tar fails.
 */
export async function packFolder(file: string, packed: PackedFolder): Promise<void> {
  const { parent, names, epochSeconds, owner = 0, isCompressed = true } = packed
  const args = [...FIXED, `--owner=${owner}`, `--group=${owner}`, `--mtime=@${epochSeconds}`]
  const tar = spawn('tar', [...args, '-c', '-C', parent, ...names], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(tar, 'exit')
  const target = createWriteStream(file)
  if (isCompressed) await pipeline(tar.stdout, createGzip({ level: LEVEL }), target)
  else await pipeline(tar.stdout, target)
  const [status] = await ended
  if (status !== 0) throw new PackageError(`"tar" ended with ${status}`, 'is it GNU tar?')
}
