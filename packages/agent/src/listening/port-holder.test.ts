import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { userInfo } from 'node:os'
import { expect, onTestFinished, test } from 'vitest'
import { testWith } from '../../../../test/privilege.ts'
import { describePortHolder, parsePortHolders } from './port-holder.ts'

const WANTED = { address: '0100007F', port: 40342 }
const REST = '00000000:00000000 00:00000000 00000000'

test.each([
  ['a server', `0: 0100007F:9D96 00000000:0000 0A ${REST} 998 0 5`, [{ listening: true, userId: 998 }]],
  [
    'a server of every address',
    `0: 00000000:9D96 00000000:0000 0A ${REST} 0 0 5`,
    [{ listening: true, userId: 0 }],
  ],
  [
    'a connection',
    `0: 0100007F:9D96 0100007F:0050 01 ${REST} 1000 0 5`,
    [{ listening: false, userId: 1000 }],
  ],
  ['a server of another address', `0: 0200007F:9D96 00000000:0000 0A ${REST} 998 0 5`, []],
  ['a server of another port', `0: 0100007F:9D97 00000000:0000 0A ${REST} 998 0 5`, []],
  ['a connection to such a port', `0: 0100007F:0050 0100007F:9D96 01 ${REST} 998 0 5`, []],
  ['the head of the table', '  sl  local_address rem_address   st', []],
])('%s', (_, table, holders) => {
  expect(parsePortHolders(`${table}\n`, WANTED)).toEqual(holders)
})

testWith(['linux'], 'a port that a server holds is said to be taken, by whom', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const cause = new Error('EADDRINUSE')
  const { port } = server.address() as { port: number }
  expect(describePortHolder('127.0.0.1', port, cause)).toMatchObject({
    code: 'port_taken',
    message: expect.stringContaining(`127.0.0.1 port ${port}, by a server of user "${userInfo().username}"`),
    cause,
  })
})

testWith(
  ['linux'],
  'a port that an outgoing connection holds is said to be ephemeral, and how to reserve it',
  async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = connect((server.address() as { port: number }).port, '127.0.0.1')
    await once(client, 'connect')
    onTestFinished(() => {
      client.destroy()
      server.close()
    })
    expect(describePortHolder('127.0.0.1', client.localPort ?? 0, undefined)).toMatchObject({
      code: 'port_ephemeral',
      hint: expect.stringContaining('net.ipv4.ip_local_reserved_ports'),
    })
  },
)

test('a port whose holder is not seen is just taken', () => {
  expect(describePortHolder('127.0.0.1', 0, undefined)).toMatchObject({
    code: 'port_taken',
    message: 'the port is taken: 127.0.0.1 port 0',
  })
})
