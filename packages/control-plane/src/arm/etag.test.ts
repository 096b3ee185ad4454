import { expect, test } from 'vitest'
import { checkPreconditions, etagOf } from './etag.ts'

const ETAG = etagOf('1a2b', 3)

test.each([
  ['If-Match of the ETag', { 'if-match': ETAG }, ETAG],
  ['If-Match of one of several', { 'if-match': `"x", ${ETAG}` }, ETAG],
  ['If-Match of the ETag as a proxy weakened it', { 'if-match': `W/${ETAG}` }, ETAG],
  ['If-Match of anything, where there is something', { 'if-match': '*' }, ETAG],
  ['If-None-Match of another', { 'if-none-match': '"x"' }, ETAG],
  ['If-None-Match of anything, where there is nothing', { 'if-none-match': '*' }, undefined],
  ['no condition', {}, ETAG],
])('%s is met', (_, headers, current) => {
  expect(() => checkPreconditions(headers, current)).not.toThrow()
})

test.each([
  ['If-Match of a former version', { 'if-match': etagOf('1a2b', 2) }, ETAG],
  ['If-Match of its namesake before it', { 'if-match': etagOf('0000', 3) }, ETAG],
  ['If-Match of an ETag without quotes', { 'if-match': '1a2b.3' }, ETAG],
  ['If-Match where there is nothing', { 'if-match': '*' }, undefined],
  ['If-None-Match of the ETag', { 'if-none-match': ETAG }, ETAG],
  ['If-None-Match of anything, where there is something', { 'if-none-match': '*' }, ETAG],
])('%s is not met', (_, headers, current) => {
  expect(() => checkPreconditions(headers, current)).toThrow(
    expect.objectContaining({ code: 'PreconditionFailed', status: 412 }),
  )
})
