/**
 * Which token files the agent has put where, kept in the state folder: no other file is ever replaced or removed.
 *
 * @see docs/security.md#token-files
 * @module
 */

import { readStateJson, removeStateJson, type StateJson, writeStateJson } from '../machine/state-json.ts'
import { removeTokenFile } from './token-writer.ts'

interface Kept {
  paths: readonly string[]
}

const FILE: StateJson<Kept> = { name: 'token-files.json', isWhole: isKept }

/** The paths, in memory and on disk. */
export class WrittenPaths {
  readonly #folder: string
  readonly #paths: Set<string>
  #saving: Promise<void> = Promise.resolve()

  private constructor(folder: string, paths: readonly string[]) {
    this.#folder = folder
    this.#paths = new Set(paths)
  }

  /** Those kept in `folder`. @throws {AgentError} if they cannot be read. */
  static async read(folder: string): Promise<WrittenPaths> {
    return new WrittenPaths(folder, (await readStateJson(folder, FILE))?.paths ?? [])
  }

  /** None, of which `folder` learns with the first. */
  static none(folder: string): WrittenPaths {
    return new WrittenPaths(folder, [])
  }

  get all(): readonly string[] {
    return [...this.#paths]
  }

  has(path: string): boolean {
    return this.#paths.has(path)
  }

  /** Durable when this returns; not on the list if it rejects. */
  async add(path: string): Promise<void> {
    if (this.#paths.has(path)) return await this.#saving
    this.#paths.add(path)
    try {
      await this.#save()
    } catch (error) {
      this.#paths.delete(path)
      throw error
    }
  }

  async delete(path: string): Promise<void> {
    if (this.#paths.delete(path)) await this.#save()
  }

  /** One after the other, each the whole list of its moment. */
  #save(): Promise<void> {
    const saving = this.#saving.then(() =>
      writeStateJson(this.#folder, FILE, { paths: [...this.#paths].sort() }),
    )
    this.#saving = saving.catch(() => {})
    return saving
  }
}

/**
 * Removes every token file that the agent of `folder` has written. One that may not be removed stays on the list.
 *
 * @returns why, for each that stayed.
 */
export async function removeTokenFiles(folder: string): Promise<string[]> {
  const kept = (await readStateJson(folder, FILE).catch(() => undefined))?.paths
  if (!kept) return []
  const reasons: string[] = []
  const left: string[] = []
  for (const path of kept) {
    try {
      await removeTokenFile(path)
    } catch (error) {
      left.push(path)
      reasons.push((error as Error).message)
    }
  }
  if (left.length === 0) await removeStateJson(folder, FILE)
  else await writeStateJson(folder, FILE, { paths: left })
  return reasons
}

function isKept(value: unknown): value is Kept {
  const paths = (value as Partial<Kept> | null)?.paths
  return Array.isArray(paths) && paths.every((path) => typeof path === 'string' && path.startsWith('/'))
}
