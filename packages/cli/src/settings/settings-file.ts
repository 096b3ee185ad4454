/**
 * Settings from a YAML file, read strictly: an unknown key is refused with its line, since a mistyped key that is
 * passed over in silence would leave its default in force.
 *
 * @see docs/configuration.md
 * @module
 */

import { dirname } from 'node:path'
import { isMap, isScalar, isSeq, LineCounter, type Pair, parseDocument } from 'yaml'
import { CliError } from '../cli-error.ts'
import { readTrustedFile } from '../files/trusted-file.ts'
import { meantHint } from '../usage/similar-name.ts'
import type { SettingRows, SettingTexts } from './settings-table.ts'

/**
 * The settings of `rows` in the YAML file at the absolute `path`.
 *
 * @throws {CliError} `config_unreadable`, `config_open` or `config_invalid`.
 */
export async function readSettingsFile(rows: SettingRows, path: string): Promise<SettingTexts> {
  return parseSettingsFile(rows, await readTrustedFile(path), path)
}

/** The settings of `rows` in `text`, the content of the file at the absolute `path`. */
export function parseSettingsFile(rows: SettingRows, text: string, path: string): SettingTexts {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const place = (offset = 0): string => `${path}:${lines.linePos(offset).line}`
  const [error] = document.errors
  if (error) throw invalid(place(error.pos[0]), error.message)
  if (document.contents === null) return {}
  if (!isMap(document.contents)) {
    throw invalid(place(), 'the file must hold keys and values, such as "port: 8443"')
  }
  const settings: SettingTexts = {}
  const folder = dirname(path)
  for (const pair of document.contents.items) {
    const origin = place(pair.key?.range?.[0])
    const name = readName(rows, pair, origin)
    const text = rows[name]?.isStructured ? readStructure(pair, origin) : readText(pair, origin)
    settings[name] = { text, origin, folder }
  }
  return settings
}

function readName(rows: SettingRows, pair: Pair, origin: string): string {
  const key = isScalar(pair.key) ? String(pair.key.value) : ''
  if (Object.hasOwn(rows, key)) return key
  const hints = [meantHint(key, Object.keys(rows))]
  throw new CliError('config_invalid', { detail: `${origin}: unknown setting "${key}"`, hints })
}

/** A list is written as one text with commas, as flags and variables have it. */
function readText(pair: Pair, origin: string): string {
  const nodes: unknown[] = isSeq(pair.value) ? pair.value.items : [pair.value]
  const texts = nodes.map((node) => {
    if (node === null) return ''
    if (!isScalar(node)) throw invalid(origin, 'a value must be a text, a number or a list of them')
    return node.value === null ? '' : String(node.value)
  })
  return texts.join(',')
}

/** A list of maps becomes JSON, as flags and variables have it. A number stays as it is written: 0640 is one of these. */
function readStructure(pair: Pair, origin: string): string {
  if (!isSeq(pair.value)) return readText(pair, origin)
  const items = pair.value.items.map((item) => {
    if (!isMap(item)) throw invalid(origin, 'each entry of the list must have fields, such as "path: FILE"')
    return Object.fromEntries(item.items.map((field) => readField(field, origin)))
  })
  return JSON.stringify(items)
}

function readField({ key, value }: Pair, origin: string): [string, string] {
  const name = isScalar(key) ? String(key.value) : ''
  if (!isScalar(value) || value.value === null) throw invalid(origin, `"${name}" must be a text or a number`)
  return [name, typeof value.value === 'number' ? (value.source ?? String(value.value)) : String(value.value)]
}

function invalid(origin: string, what: string): CliError {
  return new CliError('config_invalid', { detail: `${origin}: ${what}` })
}
