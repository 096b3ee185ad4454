/**
 * A program that sends one request from an address of its choice to 127.0.0.1, or another address, and prints the answer.
 *
 * @module
 */

import { connect } from 'node:net'

const [localAddress = '', port = '', request = '', host = '127.0.0.1'] = process.argv.slice(2)
const socket = connect({ host, port: Number(port), ...(localAddress && { localAddress }) })
socket.setTimeout(5000, () => socket.destroy(new Error('no answer')))
socket.write(request)
let answer = ''
let from: string | undefined
socket.once('connect', () => {
  from = socket.localAddress
})
try {
  for await (const part of socket) answer += part
} catch (error) {
  answer = ` ${(error as Error).message}\r\n\r\n`
}
process.stdout.write(
  JSON.stringify({
    status: answer.split(' ')[1],
    from,
    body: answer.split('\r\n\r\n')[1],
  }),
)
