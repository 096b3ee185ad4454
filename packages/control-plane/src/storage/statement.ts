/**
 * Statements about lists, built once for each length: Kysely makes their text, and later values are only bound to it.
 * To build such a text takes longer than to run it.
 *
 * @module
 */

import { type Compilable, CompiledQuery, type DialectAdapter, type Kysely } from 'kysely'
import { recentlyMade } from './recently-made.ts'
import type { Schema } from './schema.ts'

/** For most lengths of a group commit; the largest take some 100 kB each. */
const TEXTS_MAX = 64

/** What a statement is about: its lists, of values or of rows, are bound; whatever else is in it is part of the text. */
type Subject = Readonly<Record<string, readonly unknown[] | boolean>>

/** Builds a statement. */
type Build<About, Row> = (db: Kysely<Schema>, subject: About) => Compilable<Row>

/** Runs a statement about a subject; resolves to the rows that it gives. */
export type Statement<About, Row> = (db: Kysely<Schema>, subject: About) => Promise<Row[]>

/**
 * The statement that `build` makes. Of a list `build` may use the length, and its entries only as values to be
 * bound, or as rows whose columns are such values; it must depend on nothing else.
 */
export function prepareStatement<About extends Subject, Row>(
  build: Build<About, Row>,
): Statement<About, Row> {
  const ofDatabase = new WeakMap<DialectAdapter, (shape: string) => Text>()
  return async (db, subject) => {
    const { adapter, plugins } = db.getExecutor()
    // They may want another text each time.
    if (plugins.length > 0) return (await db.executeQuery(build(db, subject))).rows
    const textOf = ofDatabase.get(adapter) ?? recentlyMade(TEXTS_MAX, (shape) => makeText(db, build, shape))
    ofDatabase.set(adapter, textOf)
    const { sql, bind } = textOf(shapeOf(subject))
    return (await db.executeQuery<Row>(CompiledQuery.raw(sql, bind(subject)))).rows
  }
}

/** The text for subjects of one shape. */
interface Text {
  sql: string
  /** The values of a subject in the order of the text. */
  bind(subject: Subject): unknown[]
}

/** What `build` is given in place of a value: where the value will be found. */
class Place {
  readonly list: string
  readonly index: number
  readonly column: string | undefined

  constructor(list: string, index: number, column?: string) {
    this.list = list
    this.index = index
    this.column = column
  }

  valueIn(subject: Subject): unknown {
    const entry = (subject[this.list] as readonly unknown[])[this.index]
    return this.column === undefined ? entry : (entry as Record<string, unknown>)[this.column]
  }
}

/** All that a text depends on, as JSON. */
function shapeOf(subject: Subject): string {
  const shape: Shape = {}
  for (const name in subject) {
    const part = subject[name]
    shape[name] = Array.isArray(part) ? [part.length, ...columnsOf(part[0])] : (part as boolean)
  }
  return JSON.stringify(shape)
}

/** A list is its length and the columns of its rows. */
type Shape = Record<string, boolean | [length: number, ...columns: string[]]>

function columnsOf(entry: unknown): string[] {
  return typeof entry === 'object' && entry !== null ? Object.keys(entry) : []
}

function makeText<About extends Subject, Row>(
  db: Kysely<Schema>,
  build: Build<About, Row>,
  shape: string,
): Text {
  const { sql, parameters } = build(db, placesOf(JSON.parse(shape)) as About).compile()
  return {
    sql,
    bind: (subject) => parameters.map((value) => (value instanceof Place ? value.valueIn(subject) : value)),
  }
}

/** A subject of this shape, with places for values. */
function placesOf(shape: Shape): Subject {
  const parts = Object.entries(shape).map(([name, part]) => {
    if (typeof part === 'boolean') return [name, part]
    const [length, ...columns] = part
    return [name, Array.from({ length }, (_, index) => entryAt(name, index, columns))]
  })
  return Object.fromEntries(parts)
}

function entryAt(list: string, index: number, columns: readonly string[]): unknown {
  if (columns.length === 0) return new Place(list, index)
  return Object.fromEntries(columns.map((column) => [column, new Place(list, index, column)]))
}
