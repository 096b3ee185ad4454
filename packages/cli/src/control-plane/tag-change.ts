/**
 * A change of the tags of one resource: some are added or get another value, others are taken away, all others stay.
 *
 * @see https://learn.microsoft.com/rest/api/resources/tags/update-at-scope
 * @module
 */

import { CliError } from '../cli-error.ts'
import { GROUPS } from './api-versions.ts'
import type { ControlPlaneClient } from './control-plane-client.ts'

/** Tags by their names. */
type Tags = Readonly<Record<string, string>>

/** What is to change. */
export interface TagChange {
  set: Tags
  /** Names; those that are not there are no failure. */
  remove: readonly string[]
}

/** Reads `NAME=VALUE` of each of `given`. @throws {CliError} `argument_invalid` or `argument_missing`. */
export function readTagChange(given: readonly string[], remove: readonly string[] = []): TagChange {
  const set = given.map(readPair)
  const names = [...set.map(([name]) => name), ...remove].map((name) => name.toLowerCase())
  if (names.length === 0) throw new CliError('argument_missing', { detail: 'no tag is named' })
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw invalid(`the tag "${twice}" is named twice`)
  return { set: Object.fromEntries(set), remove }
}

function readPair(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw invalid(`a tag is given as NAME=VALUE, not "${text}"`)
}

/** Makes `change` at the tags that are at `path`; resolves to all that there are then. */
export async function changeTags(
  client: Pick<ControlPlaneClient, 'call'>,
  path: string,
  { set, remove }: TagChange,
): Promise<{ tags: Tags }> {
  const patch = async (operation: 'Merge' | 'Delete', tags: Tags) =>
    tagsOf(await client.call('PATCH', path, { ...GROUPS, body: { operation, properties: { tags } } }))
  let tags =
    Object.keys(set).length > 0 ? await patch('Merge', set) : tagsOf(await client.call('GET', path, GROUPS))
  // A tag is taken away by its name and value, so that one that somebody else has just changed stays.
  const gone = Object.entries(tags).filter(([name]) =>
    remove.some((one) => one.toLowerCase() === name.toLowerCase()),
  )
  if (gone.length > 0) tags = await patch('Delete', Object.fromEntries(gone))
  return { tags }
}

function tagsOf({ body }: { body: Readonly<Record<string, unknown>> }): Tags {
  const { tags } = (body.properties ?? {}) as { tags?: Tags }
  return tags ?? {}
}

function invalid(detail: string): CliError {
  return new CliError('argument_invalid', { detail })
}
