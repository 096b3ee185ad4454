import { expect, test } from 'vitest'
import type { PortalSiteParts } from '../portal-parts.ts'
import { createPortalApi } from './portal-api.ts'

/** A list of three pages, each asked for by the token in the link of the one before. */
const PAGES: Readonly<Record<string, object>> = {
  '/list?a=b': { value: [1, 2], nextLink: 'https://h/list?a=b&$skiptoken=x%26y' },
  '/list?a=b&$skiptoken=x%26y': { value: [], '@odata.nextLink': 'https://h/list?a=b&$skiptoken=z' },
  '/list?a=b&$skiptoken=z': { value: [3] },
}

function apiOf(asked: string[]) {
  const inject = async ({ method, url = '' }: { method: string; url?: string }) => {
    asked.push(`${method} ${url}`)
    return { statusCode: 200, body: JSON.stringify(PAGES[url]), headers: {} }
  }
  const tickets = { lend: (_: string, ask: (ticket: string) => unknown) => ask('ticket') }
  const parts = { inject, tickets } as unknown as PortalSiteParts
  return createPortalApi(parts, { session: { principalId: 'p' }, correlationId: 'c', address: '192.0.2.1' })
}

test('a list that must be whole is read to its end, over an empty page too', async () => {
  const asked: string[] = []
  expect(await apiOf(asked).all('/list?a=b')).toEqual([1, 2, 3])
  expect(asked).toEqual(Object.keys(PAGES).map((path) => `GET ${path}`))
})

test('a page says how the next one is asked for, also where the list is asked for by a POST', async () => {
  const asked: string[] = []
  const api = apiOf(asked)
  const { value, next } = await api.page('/list?a=b', undefined, 'POST')
  expect([value, next, (await api.page('/list?a=b', next, 'POST')).next]).toEqual([[1, 2], 'x&y', 'z'])
  expect(asked.every((one) => one.startsWith('POST '))).toBe(true)
})
