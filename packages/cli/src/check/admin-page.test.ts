import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { askAdmin } from './admin-page.ts'

/** A port that answers each request with `parts`. */
async function portThatAnswers(parts: () => Iterable<string>): Promise<number> {
  const server = createServer((_, response) => Readable.from(parts()).pipe(response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

test('a page is read whole', async () => {
  const port = await portThatAnswers(() => ['one ', 'ö'])
  expect(await askAdmin({ port }, '/status')).toEqual({ status: 200, body: 'one ö' })
})

test('an answer without end is given up before it fills the memory', async () => {
  const port = await portThatAnswers(function* () {
    for (;;) yield 'x'.repeat(1 << 16)
  })
  const never = new AbortController().signal
  await expect(askAdmin({ port }, '/status', never)).rejects.toThrow('longer than')
})
