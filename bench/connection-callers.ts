/**
 * Callers that each open a connection, ask for one token, and close it, as a program does that runs once.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { HEADER, PARAMETER, parseChallenge, STYLES } from '@landfast/protocol'
import { work } from './worker.ts'

/** How many ask one server, a few at a time. */
export interface ConnectionLoad {
  port: number
  count: number
  /** In Arc's, a token is a request that is answered with 401, and one with the key, over the same connection. */
  style: 'arc' | 'vm'
}

const AT_ONCE = 4
const ANSWER_WITHIN_MS = 5000
const RESOURCE = encodeURIComponent('https://management.azure.com/')
const VERSIONS = { arc: '2020-06-01', vm: '2018-02-01' } as const

/** The answer is how many got a token. */
work<ConnectionLoad, number>(async (load) => {
  let begun = 0
  const ask = async (): Promise<void> => {
    while (begun < load.count) {
      begun++
      await askOnce(load)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, ask))
  return begun
})

/** The server says when an answer is over, and the caller closes first, as most clients do. */
function askOnce({ port, style }: ConnectionLoad): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let answer = ''
  socket.setTimeout(ANSWER_WITHIN_MS, () => socket.destroy(new Error('a caller got no answer')))
  socket.on('error', reject)
  socket.once('close', () => resolve())
  socket.on('data', (part) => {
    answer += part.toString('latin1')
    if (!answer.endsWith('}')) return
    if (style === 'arc' && answer.startsWith('HTTP/1.1 401 ')) {
      socket.write(requestOf(style, port, `Authorization: Basic ${keyOf(answer)}\r\n`))
      answer = ''
      return
    }
    if (!answer.startsWith('HTTP/1.1 200 ')) reject(new Error(`no token came: ${answer.slice(0, 12)}`))
    socket.end()
  })
  socket.write(requestOf(style, port))
  return promise
}

function requestOf(style: ConnectionLoad['style'], port: number, header = ''): string {
  const query = `${PARAMETER.apiVersion}=${VERSIONS[style]}&${PARAMETER.resource}=${RESOURCE}`
  return `GET ${STYLES[style].path}?${query} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${HEADER.metadata}: true\r\n${header}\r\n`
}

function keyOf(answer: string): string {
  const [, challenge = ''] = /^www-authenticate: (.*)\r$/im.exec(answer) ?? []
  return readFileSync(parseChallenge(challenge) ?? '', 'latin1')
}
