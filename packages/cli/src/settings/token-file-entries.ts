/**
 * Reads the setting that lists token files.
 *
 * @see docs/token-files.md
 * @module
 */

import type { TokenFileEntry } from '@landfast/agent'
import { resourceOfScope } from '@landfast/protocol'
import { readPath } from '../flags.ts'

/** So many files are looked after every few seconds without anybody noticing. */
const ENTRIES_MAX = 64

const FIELDS = ['path', 'audience', 'identity', 'owner', 'group', 'mode'] as const
type Field = (typeof FIELDS)[number]

/** The modes of a file that its owner reads, and perhaps its group, and nobody else does anything with. */
const MODES: readonly string[] = ['400', '600', '440', '640']
const GROUP_READS = 0o040

const ACCOUNT = /^(?:\d{1,10}|[a-z_][\w.@\\-]*\$?)$/i
const IDENTITY = /^(?:[a-z0-9][\w-]*|\/subscriptions\/\S+)$/i

/**
 * The token files in `text`, a JSON list of objects.
 *
 * @throws {TypeError} whose message completes "SETTING …".
 */
export function parseTokenFiles(text: string, folder: string): TokenFileEntry[] {
  if (text === '') return []
  const items = readList(text)
  const entries = items.map((item, index) => readEntry(item, `${index + 1}`, folder))
  refuseTwice(entries)
  return entries
}

function readList(text: string): unknown[] {
  const example = '[{"path": "/run/landfast/tokens/aws", "audience": "sts.amazonaws.com"}]'
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch {
    throw new TypeError(`must be a list of token files, such as ${example}`)
  }
  if (!Array.isArray(list)) throw new TypeError(`must be a list of token files, such as ${example}`)
  if (list.length > ENTRIES_MAX) throw new TypeError(`holds ${ENTRIES_MAX} token files at most`)
  return list
}

function readEntry(item: unknown, number: string, folder: string): TokenFileEntry {
  const texts = readFields(item, number)
  const refuse = (what: string): never => {
    throw new TypeError(`is wrong in entry ${number}: ${what}`)
  }
  const path = texts.path === undefined ? refuse('"path" is missing') : pathOf(texts.path, folder, refuse)
  const { audience = '', identity = 'system', owner, group } = texts
  if (audience === '' || /[\s\p{Cc}]/u.test(audience)) refuse('"audience" must be a text without spaces')
  if (resourceOfScope(audience) !== undefined)
    refuse(`"audience" must be a resource, which no "/.default" follows, not "${audience}"`)
  if (!IDENTITY.test(identity))
    refuse(`"identity" must be "system", a client id, an object id, an ARM id or a name, not "${identity}"`)
  for (const [field, account] of Object.entries({ owner, group })) {
    if (account !== undefined && !ACCOUNT.test(account))
      refuse(`"${field}" must be a name or a number, not "${account}"`)
  }
  return { path, audience, identity, owner, group, mode: modeOf(texts, refuse) }
}

function readFields(item: unknown, number: string): Partial<Record<Field, string>> {
  if (typeof item !== 'object' || item === null || Array.isArray(item))
    throw new TypeError(`is wrong in entry ${number}: it must have fields: ${FIELDS.join(', ')}`)
  for (const [name, value] of Object.entries(item)) {
    if (!(FIELDS as readonly string[]).includes(name))
      throw new TypeError(
        `is wrong in entry ${number}: unknown field "${name}"; there are ${FIELDS.join(', ')}`,
      )
    if (typeof value !== 'string' && typeof value !== 'number')
      throw new TypeError(`is wrong in entry ${number}: "${name}" must be a text or a number`)
  }
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, String(value)]))
}

function pathOf(text: string, folder: string, refuse: (what: string) => never): string {
  if (text.endsWith('/')) return refuse(`"path" must name a file, not the folder "${text}"`)
  try {
    return readPath(text, folder)
  } catch (error) {
    return refuse(`"path" ${(error as Error).message}`)
  }
}

/** Without one it is the owner's alone, or the group's to read as well. */
function modeOf(
  { mode: text, group }: Partial<Record<Field, string>>,
  refuse: (what: string) => never,
): number {
  if (text === undefined) return group === undefined ? 0o600 : 0o640
  const digits = text.replace(/^0o?/, '')
  if (!MODES.includes(digits)) return refuse(`"mode" must be one of ${MODES.join(', ')}, not "${text}"`)
  const mode = Number.parseInt(digits, 8)
  if (mode & GROUP_READS && group === undefined)
    return refuse(`"mode" ${text} lets a group read: name it with "group"`)
  return mode
}

function refuseTwice(entries: readonly TokenFileEntry[]): void {
  const seen = new Map<string, number>()
  for (const [index, { path }] of entries.entries()) {
    const first = seen.get(path)
    if (first !== undefined)
      throw new TypeError(`names "${path}" twice, in the entries ${first + 1} and ${index + 1}`)
    seen.set(path, index)
  }
}
