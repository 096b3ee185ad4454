import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../../../../../test/agent/temporary-folder.ts'
import { askFaultSocket } from './fault-client.ts'

const ASKED = { method: 'GET', path: '/faults' }

const FORGET = expect.stringContaining('"unset LANDFAST_FAULT_SOCKET" forgets it')

/** The path of a socket whose server does so with each connection. */
async function serve(answer: (socket: Socket) => void): Promise<string> {
  const path = join(temporaryFolder(), 'faults.sock')
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    socket.once('data', () => answer(socket))
  })
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await once(server.listen(path), 'listening')
  return path
}

function answerOf(body: string, status = '200 OK'): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`
}

test('what an emulator answers is read, and what it refuses is said', async () => {
  const fault = { kind: 'timeout', struck: 0 }
  const path = await serve((socket) => socket.end(answerOf(JSON.stringify({ faults: [fault] }))))
  expect(await askFaultSocket(path, ASKED)).toStrictEqual({ faults: [fault] })
  const refusing = await serve((socket) => socket.end(answerOf('{"message":"no"}', '400 Bad Request')))
  await expect(askFaultSocket(refusing, ASKED)).rejects.toMatchObject({
    code: 'argument_invalid',
    message: 'no',
  })
})

test.each([
  ['no JSON', answerOf('<html>')],
  ['nothing', answerOf('')],
  ['null', answerOf('null')],
  ['JSON of another kind', answerOf('{"faults":"many","message":7}')],
  ['HTTP with a broken end', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
  ['no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n'],
])('who answers %s is no emulator', async (_, text) => {
  const path = await serve((socket) => socket.end(text))
  await expect(askFaultSocket(path, ASKED)).rejects.toMatchObject({
    code: 'endpoint_refused',
    message: expect.stringContaining(`"${path}" is no emulator`),
    hints: [FORGET],
  })
})

test.each([
  ['nothing', ''],
  ['half of an answer', answerOf('{"faults":[]}').slice(0, -3)],
])('one that answers %s, and keeps the connection, is silent', async (_, text) => {
  const path = await serve((socket) => socket.write(text))
  await expect(askFaultSocket(path, ASKED, 50)).rejects.toMatchObject({
    code: 'endpoint_silent',
    hints: [expect.stringMatching(/^no whole answer came in time; .*"unset LANDFAST_FAULT_SOCKET"/)],
  })
})

test.each([
  ['has nobody listening', () => join(temporaryFolder(), 'faults.sock')],
  ['is too long for a socket', () => `/tmp/${'s'.repeat(200)}`],
  ['is no path', () => 'a\0b'],
])('a socket whose path %s is silent, and the hint says how it is forgotten', async (_, pathOf) => {
  await expect(askFaultSocket(pathOf(), ASKED)).rejects.toMatchObject({
    code: 'endpoint_silent',
    hints: [FORGET],
  })
})
