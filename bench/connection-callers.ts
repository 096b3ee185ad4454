/**
 * Callers that each open a connection, ask for one token, and close it, as a program does that runs once.
 *
 * @module
 */

import { connect } from 'node:net'
import { HEADER, PARAMETER, STYLES } from '@landfast/protocol'
import { work } from './worker.ts'

/** How many ask one server, a few at a time. */
export interface ConnectionLoad {
  port: number
  count: number
}

const AT_ONCE = 4
const ANSWER_WITHIN_MS = 5000
const RESOURCE = encodeURIComponent('https://management.azure.com/')
const TARGET = `${STYLES.vm.path}?${PARAMETER.apiVersion}=2018-02-01&${PARAMETER.resource}=${RESOURCE}`

/** The answer is how many got a token. */
work<ConnectionLoad, number>(async ({ port, count }) => {
  let begun = 0
  const ask = async (): Promise<void> => {
    while (begun < count) {
      begun++
      await askOnce(port)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, ask))
  return begun
})

/** The server says when the answer is over, and the caller closes first, as most clients do. */
function askOnce(port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let answer = ''
  socket.setTimeout(ANSWER_WITHIN_MS, () => socket.destroy(new Error('a caller got no answer')))
  socket.on('error', reject)
  socket.once('close', () => resolve())
  socket.on('data', (part) => {
    answer += part.toString('latin1')
    if (!answer.endsWith('}')) return
    if (!answer.startsWith('HTTP/1.1 200 ')) reject(new Error(`no token came: ${answer.slice(0, 12)}`))
    socket.end()
  })
  socket.write(`GET ${TARGET} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${HEADER.metadata}: true\r\n\r\n`)
  return promise
}
