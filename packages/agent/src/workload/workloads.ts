/**
 * The workloads that the agent knows. Each request looks whether their folder has changed, so that a workload that was
 * removed gets nothing from the moment at which the command has ended.
 *
 * @see docs/containers.md#what-is-kept
 * @module
 */

import { type Includes, networksOf } from './networks.ts'
import { digestOf, type SecretDigest, type Workload } from './workload.ts'
import { createBound, type WorkloadBound } from './workload-bound.ts'
import { type FoundWorkloads, folderVersion, readWorkloads } from './workload-folder.ts'

/** Within the time between two ticks of the file system's clock a second change leaves no trace. */
const RACY_MS = 1000

/** A workload with what is asked of it for each request. */
export interface KnownWorkload {
  readonly name: string
  /** What it was added with: it never gets more. */
  readonly bound: WorkloadBound
  /** From where its secret is good; undefined: from the network of the address at which it asks. */
  readonly from: Includes | undefined
}

/** What the workloads take from outside. */
export interface WorkloadsParts {
  /** Milliseconds since 1970. */
  now: () => number
  /** Told of a file that is no good, once for each change of the folder. */
  onBroken: (file: string, reason: string) => void
  /** What changes with the folder. */
  versionOf?: typeof folderVersion
}

interface Entry {
  readonly workload: KnownWorkload
  /** Milliseconds since 1970. */
  readonly until: number
}

/** The workloads in one folder. */
export class Workloads {
  readonly #folder: string
  readonly #parts: WorkloadsParts
  #bySecret = new Map<string, Entry>()
  #byName = new Map<string, KnownWorkload>()
  #version: string | undefined
  #isRacy = false
  #told = ''

  constructor(folder: string, parts: WorkloadsParts) {
    this.#folder = folder
    this.#parts = parts
  }

  /** The workload of this name, as it is now. */
  named(name: string): KnownWorkload | undefined {
    this.#refresh()
    return this.#byName.get(name)
  }

  /**
   * The workload whose secret this is. It is found by its digest: how long that takes tells nothing of a secret, since
   * nobody can choose what the digest begins with.
   */
  find(secret: string): KnownWorkload | undefined {
    this.#refresh()
    const entry = this.#bySecret.get(digestOf(secret))
    return entry && entry.until > this.#parts.now() ? entry.workload : undefined
  }

  #refresh(): void {
    const { onBroken, now, versionOf = folderVersion } = this.#parts
    const present = versionOf(this.#folder)
    if (present?.version === this.#version && !this.#isRacy) return
    this.#version = present?.version
    this.#isRacy = present !== undefined && Math.abs(now() - present.changedAt) < RACY_MS
    const found = readWorkloads(this.#folder)
    this.#take(found)
    const told = JSON.stringify(found.broken)
    if (told !== this.#told) for (const { file, reason } of found.broken) onBroken(file, reason)
    this.#told = told
  }

  #take({ workloads }: FoundWorkloads): void {
    const known = workloads.map((workload) => ({ workload, known: knownOf(workload) }))
    this.#byName = new Map(known.map((one) => [one.known.name, one.known]))
    this.#bySecret = new Map(known.flatMap((one) => entriesOf(one.known, one.workload.secrets)))
  }
}

function knownOf(workload: Workload): KnownWorkload {
  const { name, from } = workload
  return { name, bound: createBound(workload), from: from.length > 0 ? networksOf(from) : undefined }
}

function entriesOf(workload: KnownWorkload, secrets: readonly SecretDigest[]): [string, Entry][] {
  return secrets.map(({ sha256, until }) => {
    return [sha256, { workload, until: until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until) }]
  })
}
