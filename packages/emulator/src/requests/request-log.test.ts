import { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { RequestLog } from './request-log.ts'

test('of very many requests the newest are kept', () => {
  const log = new RequestLog()
  for (let count = 0; count < 10_002; count += 1) {
    const request = { url: `/${count}`, method: 'GET', headers: {} } as never
    log.note(request, new ServerResponse(request))
  }
  expect([log.entries.length, log.entries[0]?.path, log.entries.at(-1)?.path]).toEqual([
    10_000,
    '/2',
    '/10001',
  ])
})
