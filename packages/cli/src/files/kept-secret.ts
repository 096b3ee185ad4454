/**
 * Brings a new secret into a file. The file is made ready before the command asks the control plane, so that no secret
 * is made that cannot be kept.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { CliError } from '../cli-error.ts'

/** Where a secret goes. */
export interface SecretFlags {
  secretFile?: string
  showSecret?: true
}

/** Where the secret is going to be. */
export interface SecretPlace {
  /** Durably. */
  keep(secret: string): Promise<void>
  /** After `keep` it does nothing. */
  abandon(): Promise<void>
}

/** The place that `flags` name. @throws {CliError} `argument_missing`, `usage` or `config_unwritable`. */
export async function openSecretPlace({ secretFile, showSecret }: SecretFlags): Promise<SecretPlace> {
  if (secretFile !== undefined && showSecret) {
    throw new CliError('usage', {
      detail: '"--secret-file" and "--show-secret" are both given; keep one of them',
    })
  }
  if (secretFile !== undefined) return await openFile(secretFile)
  if (showSecret) return { keep: async () => {}, abandon: async () => {} }
  throw new CliError('argument_missing', {
    detail: 'nothing says where the secret is to go',
    hints: ['name a file with --secret-file, or have it printed with --show-secret'],
  })
}

/** The file is replaced whole, so that a reader meanwhile has the former secret. */
async function openFile(file: string): Promise<SecretPlace> {
  const next = `${file}.${randomUUID()}`
  const handle = await open(next, 'wx', 0o600).catch((cause) => {
    throw unwritable(file, cause)
  })
  return {
    keep: async (secret) => {
      try {
        await write(handle, secret)
        await rename(next, file)
      } catch (cause) {
        throw unwritable(file, cause)
      }
    },
    abandon: async () => {
      await handle.close().catch(() => {})
      await rm(next, { force: true })
    },
  }
}

async function write(handle: FileHandle, secret: string): Promise<void> {
  await handle.writeFile(secret)
  await handle.sync()
}

function unwritable(file: string, cause: unknown): CliError {
  return new CliError('config_unwritable', { detail: file, hints: [(cause as Error).message], cause })
}
