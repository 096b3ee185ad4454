/** What no HTTP client would send, over a socket, to the endpoint of every style. */

import { STYLE_NAMES, type StyleName, styleOf, WireError } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { MALFORMED } from './malformed-requests.ts'
import { exchange, type RawAnswer } from './raw-http.ts'
import { SECRET } from './running-agent.ts'
import { parametersOf, startStyles } from './style-endpoints.ts'

/** The target of a request that is answered, as a GET, and its header lines. */
function goodRequest(name: StyleName): { target: string; lines: string[] } {
  const { path, metadataHeader, secretHeader } = styleOf(name)
  const secret = secretHeader ? [`${secretHeader}: ${SECRET}`] : []
  const lines = ['Host: 127.0.0.1', ...(metadataHeader ? ['Metadata: true'] : []), ...secret]
  return { target: `${path}?${parametersOf(name)}`, lines }
}

/** The sentence of an error, which the parser's own have in OAuth's form in every style. */
function sentenceOf(answer: RawAnswer | undefined): string {
  const { error, error_description: flat } = JSON.parse(answer?.body ?? '{}')
  return flat ?? error?.message
}

for (const name of STYLE_NAMES) {
  test.each(MALFORMED)(
    `in the style ${name} %s is refused, and the next is answered`,
    async (_, request, code) => {
      const { locationOf, ask, source } = await startStyles()
      const { port, protocol } = new URL(locationOf(name).url)
      const { target, lines } = goodRequest(name)
      const place = { port: Number(port), isSecure: protocol === 'https:' }
      const answer = await exchange(place, request(target, lines))
      const expected = new WireError(code)
      expect([answer?.status, sentenceOf(answer).startsWith(expected.message)]).toEqual([
        expected.status,
        true,
      ])
      expect(source.asked).toEqual([])
      expect((await ask(name)).status).toBe(200)
    },
  )
}
