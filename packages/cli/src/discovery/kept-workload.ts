/**
 * What is kept of a workload, and the file with its secret: where each is written, and as whom.
 *
 * @see docs/containers.md#what-is-kept
 * @module
 */

import { join } from 'node:path'
import {
  digestOf,
  findWorkload,
  isWorkloadName,
  type SecretDigest,
  type Workload,
  workloadFolder,
} from '@landfast/agent'
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

/** The flags that say what a workload may have. */
export interface DescribingFlags {
  identity?: readonly string[]
  audience?: readonly string[]
  from?: readonly string[]
  address?: string
  secretFile?: string
}

const SYSTEM = 'system'

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
  await asWriterOf(file, stateDir, () => writeEnvFile(file, env))
  if (owner) giveFile(file, owner)
}

/** Removes the workload's file, unless something else has its name by now. */
export async function dropSecret(workload: Workload, stateDir: string): Promise<void> {
  if (hasOwnFile(workload)) await asWriterOf(workload.file, stateDir, async () => removeFile(workload.file))
}

/** Whether the file has a secret of this workload. */
export function hasOwnFile({ file, secrets }: Pick<Workload, 'file' | 'secrets'>): boolean {
  const secret = secretIn(file)
  return secret !== undefined && secrets.some(({ sha256 }) => sha256 === digestOf(secret))
}

async function asWriterOf<T>(file: string, stateDir: string, run: () => Promise<T>): Promise<T> {
  const isInside = file.startsWith(`${workloadFolder(stateDir)}/`)
  return isInside ? await asOwnerOf(stateDir, run) : await run()
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
