import { pino } from 'pino'
import { expect, test } from 'vitest'
import { errorField } from './error-field.ts'
import { createJsonLog, LOG_LEVELS, type LogLevel } from './json-log.ts'

const NOW = new Date('2026-11-28T12:00:00.123Z')

function linesOf(level: LogLevel, use: (log: ReturnType<typeof createJsonLog>) => void): string[] {
  const lines: string[] = []
  use(
    createJsonLog(
      level,
      (line) => lines.push(line),
      () => NOW,
    ),
  )
  return lines
}

/** The same by pino, as the control plane logs. */
function linesOfPino(level: LogLevel, use: (log: ReturnType<typeof createJsonLog>) => void): string[] {
  const lines: string[] = []
  const timestamp = () => `,"time":"${NOW.toISOString()}"`
  const write = (line: string) => void lines.push(line)
  use(pino({ level, base: null, timestamp, serializers: { err: errorField } }, { write }))
  return lines
}

/** A failure of a request, as the agent logs one. */
function failure(): Error {
  const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', port: 443 })
  return Object.assign(new TypeError('no answer', { cause }), { failure: 'unavailable' })
}

test.each<[what: string, fields: object]>([
  ['nothing', {}],
  ['values', { endpoints: [{ style: 'arc' }], count: 1, none: undefined, no: null, at: NOW }],
  ['an error', { correlationId: 'c', err: failure() }],
  ['several errors', { err: new AggregateError([new Error('one'), failure()], 'all') }],
  ['what is thrown and no error', { err: 'text' }],
  ['a number without a bound', { inode: 12n }],
])('a line with %s is the one that pino writes', (_what, fields) => {
  const use = (log: ReturnType<typeof createJsonLog>) => log.warn(fields, 'it "happened"\n')
  const lines = linesOf('info', use)
  expect(lines).toEqual(linesOfPino('info', use))
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 40, time: NOW.toISOString() })
})

test('every level writes what is as grave and nothing else, with pino’s numbers', () => {
  const use = (log: ReturnType<typeof createJsonLog>) => {
    for (const level of LOG_LEVELS) if (level !== 'silent') log[level]('text')
  }
  for (const level of LOG_LEVELS) expect(linesOf(level, use)).toEqual(linesOfPino(level, use))
})

test('what JSON cannot hold is left out of its line, which is written all the same', () => {
  const circle: Record<string, unknown> = {}
  circle.self = circle
  const thrower = {
    toJSON() {
      throw new Error('no')
    },
  }
  const [line = ''] = linesOf('info', (log) =>
    log.info({ circle, thrower, port: 1, none: undefined }, 'text'),
  )
  expect(JSON.parse(line)).toMatchObject({ port: 1, msg: 'text', circle: '[not to be written]' })
})

test('errors in a circle end', () => {
  const one: Error & { other?: Error } = new Error('one')
  const other = Object.assign(new Error('other', { cause: one }), { one })
  one.other = other
  one.cause = other
  expect(errorField(one)).toMatchObject({ message: 'one: other', other: { type: 'Error' } })
  expect(JSON.stringify(errorField(one))).toContain('caused by: Error: other')
})
