import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ArmError } from './arm-error.ts'
import { pageBody, pageOf } from './paging.ts'

const ORIGIN = 'https://cp.example'
const ROWS = ['a', 'b', 'c'].map((key) => ({ key, body: { key } }))

function request(query: Record<string, string> = {}, path = '/subscriptions/s/resources') {
  return { path, query, apiVersion: '2025-04-01' }
}

test('a page with more after it links to the next, which begins behind its last row', () => {
  const asked = request({ 'api-version': '2025-04-01', $top: '2', $filter: "x eq 'y&z'" })
  const page = pageOf(asked)
  expect(page).toEqual({ after: '', limit: 2 })
  const body = pageBody(asked, { origin: ORIGIN, page, rows: ROWS }) as { value: object[]; nextLink: string }
  expect(body.value).toEqual([{ key: 'a' }, { key: 'b' }])
  const next = new URL(body.nextLink)
  expect(next.origin + next.pathname).toBe(`${ORIGIN}/subscriptions/s/resources`)
  const { $skiptoken, ...rest } = Object.fromEntries(next.searchParams)
  expect(rest).toEqual(asked.query)
  expect(pageOf(request({ ...rest, $skiptoken: $skiptoken ?? '' }))).toEqual({ after: 'b', limit: 2 })
})

test('the last page links to none', () => {
  const page = { after: '', limit: 3 }
  expect(pageBody(request(), { origin: ORIGIN, page, rows: ROWS })).not.toHaveProperty('nextLink')
  expect(pageBody(request(), { origin: ORIGIN, page, rows: [] })).toEqual({ value: [] })
})

test('a page has 100 rows, or as many as are asked for up to 1,000', () => {
  expect(pageOf(request()).limit).toBe(100)
  expect(pageOf(request({ $top: '7' })).limit).toBe(7)
  expect(pageOf(request({ $top: '999999999' })).limit).toBe(1_000)
})

test('a token is good for its list alone', () => {
  const page = { after: '', limit: 1 }
  const { nextLink } = pageBody(request(), { origin: ORIGIN, page, rows: ROWS }) as { nextLink: string }
  const $skiptoken = new URL(nextLink).searchParams.get('$skiptoken') ?? ''
  expect(pageOf(request({ $skiptoken }, '/SUBSCRIPTIONS/s/resources')).after).toBe('a')
  expect(() => pageOf(request({ $skiptoken }, '/subscriptions/other/resources'))).toThrow(ArmError)
  for (const other of [{ $filter: 'x' }, { $search: 'x' }, { $orderby: 'name' }])
    expect(() => pageOf(request({ $skiptoken, ...other }))).toThrow(ArmError)
})

test('whatever else comes as a token is refused', () => {
  const json = fc.json().map((text) => Buffer.from(text).toString('base64url'))
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String(), json), ($skiptoken) => {
      expect(() => pageOf(request({ $skiptoken }))).toThrow(
        expect.objectContaining({ code: 'InvalidQueryParameter' }),
      )
    }),
  )
})
