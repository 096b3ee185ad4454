/**
 * A program that asks for challenges and never answers one, as another user where root may become one.
 *
 * @module
 */

import { once } from 'node:events'
import { connect } from 'node:net'

const [port = '', count = '', target = '', ...lines] = process.argv.slice(2)
const NOBODY = 65_534
/** Fewer than what cuts a connection. */
const AT_ONCE = 8

if (process.getuid?.() === 0) {
  process.setgroups?.([])
  process.setgid?.(NOBODY)
  process.setuid?.(NOBODY)
}

const socket = connect(Number(port), '127.0.0.1')
await once(socket, 'connect')
const request = [`GET ${target} HTTP/1.1`, ...lines, '', ''].join('\r\n')
let [asked, answered] = [0, 0]
ask()
for await (const part of socket) {
  answered += part.toString('latin1').split('HTTP/1.1 401').length - 1
  if (answered >= Number(count)) break
  if (answered >= asked - AT_ONCE / 2) ask()
}
process.stdout.write(`${JSON.stringify({ answered, userId: process.getuid?.() })}\n`)

function ask(): void {
  socket.write(request.repeat(AT_ONCE))
  asked += AT_ONCE
}
