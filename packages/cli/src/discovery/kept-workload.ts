/**
 * What is kept of a workload, and the file with its secret: where each is written, and as whom.
 *
 * @see docs/containers.md#what-is-kept
 * @module
 */

import { dirname, join } from 'node:path'
import {
  digestOf,
  findWorkload,
  isWorkloadName,
  type SecretDigest,
  type Workload,
  workloadFolder,
} from '@landfast/agent'
import { whyOthersWrite } from '@landfast/server'
import { CliError } from '../cli-error.ts'
import type { AgentSettings } from '../settings/agent-settings.ts'
import { asOwnerOf } from './owned-state.ts'
import {
  type FileOwner,
  giveFile,
  removeFile,
  type SecretEnv,
  secretIn,
  writeEnvFile,
} from './secret-env-file.ts'
import { readEndpoint, readNetworks, readValues } from './workload-flags.ts'
import { SYSTEM } from './workload-identity.ts'

/** The flags that say what a workload may have. */
export interface DescribingFlags {
  identity?: readonly string[]
  audience?: readonly string[]
  from?: readonly string[]
  address?: string
  secretFile?: string
}

/** What is kept of a new workload. @throws {CliError} `argument_invalid` or `argument_missing`. */
export function describeWorkload(
  name: string,
  flags: DescribingFlags,
  { settings, secret }: { settings: AgentSettings; secret: string },
): Workload {
  if (!isWorkloadName(name)) {
    const detail = `a workload has a name of small letters, digits, "-", "_" and ".", other than "any" and "none", not "${name}"`
    throw new CliError('argument_invalid', { detail })
  }
  return {
    name,
    identities: readValues('--identity', 'identity', flags.identity ?? [SYSTEM]),
    audiences: readValues('--audience', 'audience', flags.audience ?? []),
    from: readNetworks(flags.from ?? []),
    secrets: [{ sha256: digestOf(secret) }],
    file: flags.secretFile ?? join(workloadFolder(settings['state-dir']), `${name}.env`),
    endpoint: readEndpoint(flags.address, settings['workload-listen']),
    added: new Date().toISOString(),
  }
}

/**
 * Writes the secret to the workload's file, which then belongs to `owner`; without one to the agent's user in the state
 * folder, and elsewhere to who runs the command.
 *
 * @throws {CliError} `config_unwritable`.
 */
export async function keepSecret(
  { file }: Workload,
  env: SecretEnv,
  { stateDir, owner }: { stateDir: string; owner: FileOwner | undefined },
): Promise<void> {
  const writer = await asWriterOf(file, stateDir, async () => {
    await writeEnvFile(file, env)
    return process.geteuid?.()
  })
  if (owner) giveFile(file, owner, writer)
}

/**
 * Removes the workload's file, unless something else has its name by now. Whether it is gone: what is kept of a workload is
 * the agent's, who could name any file, so one that others can exchange stays.
 */
export async function dropSecret(workload: Workload, stateDir: string): Promise<boolean> {
  const { file } = workload
  if (!hasOwnFile(workload)) return true
  if (!isInside(file, stateDir) && whyOthersWrite(dirname(file)) !== undefined) return false
  await asWriterOf(file, stateDir, async () => removeFile(file))
  return true
}

/** Whether the file has a secret of this workload. */
export function hasOwnFile({ file, secrets }: Pick<Workload, 'file' | 'secrets'>): boolean {
  const secret = secretIn(file)
  return secret !== undefined && secrets.some(({ sha256 }) => sha256 === digestOf(secret))
}

function isInside(file: string, stateDir: string): boolean {
  return file.startsWith(`${workloadFolder(stateDir)}/`)
}

async function asWriterOf<T>(file: string, stateDir: string, run: () => Promise<T>): Promise<T> {
  return isInside(file, stateDir) ? await asOwnerOf(stateDir, run) : await run()
}

/**
 * Secrets that are still good at `now`, none of them for longer than `until`. The newest stays in any case: as long as the
 * file has it, a rotation that was cut short can be repeated.
 */
export function lasting(
  secrets: readonly SecretDigest[],
  { until, now }: { until: string; now: number },
): SecretDigest[] {
  const ends = secrets.map(({ sha256, until: end = until }) => ({ sha256, until: end < until ? end : until }))
  return ends.filter((secret, index) => index === 0 || Date.parse(secret.until) > now)
}

/** One whose file is no good can be removed all the same. */
export function findReadable(folder: string, name: string): Workload | undefined {
  try {
    return findWorkload(folder, name)
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}
