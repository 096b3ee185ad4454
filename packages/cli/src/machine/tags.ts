/**
 * Tags as `azcmagent` takes them: `name=value,name=value`, where a backslash makes a comma, an equals sign or a
 * backslash a part of a name or value.
 *
 * @module
 */

import { CliError } from '../cli-error.ts'

/** Tags by their names. */
export type Tags = Readonly<Record<string, string>>

/** Each part between separators that no backslash precedes. */
const PART = /(?:\\.|[^\\,])+/g
const PAIR = /^((?:\\.|[^\\=])+)=((?:\\.|[^\\=])*)$/

/** The tags in `text`; none without a text. @throws {CliError} `argument_invalid`. */
export function parseTags(text = ''): Tags {
  const pairs = (text.match(PART) ?? []).map(parsePair)
  if (pairs.length > 0 || text.trim() === '') return Object.fromEntries(pairs)
  throw invalid(text)
}

function parsePair(part: string): [string, string] {
  const [, name = '', value = ''] = PAIR.exec(part) ?? []
  const trimmed = unescaped(name)
  if (trimmed === '') throw invalid(part)
  return [trimmed, unescaped(value)]
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, '$1').trim()
}

function invalid(part: string): CliError {
  const detail = `"--tags" takes NAME=VALUE,NAME=VALUE, not "${part}"`
  return new CliError('argument_invalid', { detail })
}
