/**
 * Changes one setting in the text of a settings file; every other line, comments among them, stays as it is.
 *
 * @module
 */

import { isMap, parseDocument } from 'yaml'
import { parseList } from './setting-values.ts'

/** `text` with the setting `name` at `value`, or without it. What is no settings file stays, for its reader to refuse. */
export function withSetting(text: string, name: string, value: string | undefined): string {
  const document = parseDocument(text, { uniqueKeys: true })
  if (document.errors.length > 0 || !(document.contents === null || isMap(document.contents))) return text
  if (value === undefined) {
    if (!document.has(name)) return text
    document.delete(name)
  } else document.set(name, scalarOf(value))
  // An emptied map would be written as "{}", which nobody wrote.
  if (isMap(document.contents) && document.contents.items.length === 0) return commentsOf(text)
  return document.toString({ lineWidth: 0 })
}

/** Whether `text` has a line for the setting `name`, be it a known one or not. */
export function hasSetting(text: string, name: string): boolean {
  const { contents } = parseDocument(text)
  return isMap(contents) && contents.has(name)
}

/** The list `text` with the entries of `added` at its end, as it is if it has them. */
export function withEntry(text: string, added: string): string {
  const entries = parseList(text)
  const fresh = parseList(added).filter((entry) => !entries.includes(entry))
  return fresh.length === 0 ? text : [...entries, ...fresh].join(',')
}

/** The list `text` without the entries of `removed`, as it is if it has none of them. */
export function withoutEntry(text: string, removed: string): string {
  const [entries, gone] = [parseList(text), parseList(removed)]
  const left = entries.filter((entry) => !gone.includes(entry))
  return left.length === entries.length ? text : left.join(',')
}

/** A number is written as people write it. */
function scalarOf(value: string): string | number {
  return /^(0|[1-9]\d{0,8})$/.test(value) ? Number(value) : value
}

function commentsOf(text: string): string {
  const lines = text.split('\n').filter((line) => line.trimStart().startsWith('#'))
  return lines.map((line) => `${line}\n`).join('')
}
