import { ServerResponse } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { noteForm, RequestLog } from './request-log.ts'

/** As much as a header of the agent's endpoint may have. */
const LONG = 16 * 1024

/** The entry of a GET of `url`. */
function note(url: string, log = new RequestLog()) {
  const request = { url, method: 'GET', headers: {} } as never
  return log.note(request, new ServerResponse(request))
}

test('of very many requests the newest are kept', () => {
  const log = new RequestLog()
  for (let count = 0; count < 10_002; count += 1) note(`/${count}`, log)
  expect([log.entries.length, log.entries[0]?.path, log.entries.at(-1)?.path]).toEqual([
    10_000,
    '/2',
    '/10001',
  ])
})

test('of a request with very many parameters the first are kept, in a query and in a form', () => {
  const names = Array.from({ length: 5000 }, (_, index) => `n${index}`)
  const entry = note(`/token?${names.join('&')}`)
  expect(Object.keys(entry.parameters)).toEqual(names.slice(0, 32))
  noteForm(entry, names.toReversed().join('&'))
  expect(Object.keys(entry.parameters)).toEqual(names.toReversed().slice(0, 32))
})

test('of a long path and a long value the beginning is kept, of a parameter with a long name nothing', () => {
  const { path, resource, parameters } = note(
    `/${'p'.repeat(5000)}?resource=${'v'.repeat(5000)}&${'n'.repeat(129)}=x&${'n'.repeat(128)}=y`,
  )
  expect([path.length, resource]).toEqual([1024, 'v'.repeat(2048)])
  expect(parameters).toEqual({ resource, ['n'.repeat(128)]: 'y' })
})

test('of several long values those are kept that have room together', () => {
  const { parameters } = note(
    `/token?${['a', 'b', 'c', 'd'].map((name) => `${name}=${name.repeat(1500)}`).join('&')}`,
  )
  expect(Object.keys(parameters)).toEqual(['a', 'b'])
})

test('a name that every object has is a parameter as any other one', () => {
  expect(note('/token?constructor=a&__proto__=b').parameters).toEqual(
    Object.fromEntries([
      ['constructor', 'a'],
      ['__proto__', 'b'],
    ]),
  )
})

test('a log that is full of the longest requests fills no memory', () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const usedBytes = () => {
    collect()
    return process.memoryUsage().heapUsed
  }
  const before = usedBytes()
  const log = new RequestLog()
  for (let count = 0; count < 10_000; count += 1)
    note(`/${count}?resource=${'v'.repeat(100)}&x=${'x'.repeat(LONG)}`, log)
  const kept = usedBytes() - before
  expect(log.entries.length).toBe(10_000)
  expect(kept / 1024 / 1024).toBeLessThan(60)
})
