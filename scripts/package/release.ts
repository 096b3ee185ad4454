/**
 * What is packaged: which version, of which moment, for which processors.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PackageError } from './package-error.ts'

/** Processors as Node names them, with their names in other places. */
export const PROCESSORS = {
  x64: { debian: 'amd64', rpm: 'x86_64', oci: 'amd64' },
  arm64: { debian: 'arm64', rpm: 'aarch64', oci: 'arm64' },
} as const

/** A processor for which there are packages. */
export type Processor = keyof typeof PROCESSORS

/** What every artifact of one run has in common. */
export interface Release {
  /** The checkout. */
  root: string
  version: string
  /** The moment that every file in an artifact bears, so that two builds of one commit are the same bytes. */
  epochSeconds: number
  /** The address of the repository, where a workflow says which: npm compares it with the provenance. */
  repository: string | undefined
}

/**
 * Reads it from the checkout `root`.
 *
 * @throws {PackageError} if neither SOURCE_DATE_EPOCH nor git tells the moment.
 */
export function readRelease(root: string, env: NodeJS.ProcessEnv): Release {
  const { version } = JSON.parse(readFileSync(join(root, 'packages/cli/package.json'), 'utf8'))
  const epochSeconds = epochOf(env.SOURCE_DATE_EPOCH ?? commitTime(root))
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name } = env
  return { root, version, epochSeconds, repository: server && name ? `${server}/${name}` : undefined }
}

function commitTime(root: string): string {
  return spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' }).stdout ?? ''
}

function epochOf(text: string): number {
  if (/^\d+\s*$/.test(text)) return Number(text)
  throw new PackageError(
    'nothing tells the moment of this version: this is no clone, and SOURCE_DATE_EPOCH is not a number of seconds',
    'set SOURCE_DATE_EPOCH to the time of the commit, as "git log -1 --format=%ct" prints it',
  )
}
