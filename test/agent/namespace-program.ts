/**
 * A program that runs in a network namespace of its own: an agent there, and callers that reach its 127.0.0.1 from
 * another namespace over a veth, which a host allows by `route_localnet`. It prints what each of them got.
 *
 * @module
 */

import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createAgent } from '@landfast/agent'
import { parseChallenge } from '@landfast/protocol'
import { endProcess } from '../../packages/cli/src/output.ts'
import { IDENTITY } from './fake-source.ts'

const CALLER = fileURLToPath(new URL('foreign-caller.ts', import.meta.url))
const [keyFolder = '', target = ''] = process.argv.slice(2)

run('ip link set lo up')
if (process.argv[4] === 'ipv6-off') {
  for (const name of ['all', 'lo']) writeFileSync(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`, '1')
}
const asked: string[] = []
const agent = createAgent({
  endpoints: [{ style: 'arc', port: 0, keyFolder }],
  identity: IDENTITY,
  source: {
    getToken: async (_, audience) => {
      asked.push(audience)
      return { accessToken: 'a-token', expiresInSeconds: 3600 }
    },
    close: () => {},
  },
})
await agent.start()
const port = Number(new URL(agent.locations[0]?.url ?? '').port)
const own = await ask(await takeKey())
const peer = await joinNetworks()
const foreign = await askFrom(peer, '10.99.0.2')
const forwarded = await askFrom(peer, '127.0.0.5')
process.stdout.write(`${JSON.stringify({ own, foreign, forwarded, asked })}\n`)
await endProcess(0)

function run(command: string): void {
  const [program = '', ...rest] = command.split(' ')
  execFileSync(program, rest, { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Another namespace, kept by a process that waits, joined to ours so that our loopback can be reached from it. */
async function joinNetworks(): Promise<number> {
  const keeper = spawn('unshare', ['--net', 'sh', '-c', 'echo; cat'], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(keeper.stdout, 'data')
  const id = keeper.pid ?? 0
  const inside = `nsenter --net=/proc/${id}/ns/net`
  run(`ip link add name inner type veth peer name outer netns ${id}`)
  run('ip address add 10.99.0.1/24 dev inner')
  run('ip link set inner up')
  writeFileSync('/proc/sys/net/ipv4/conf/all/route_localnet', '1')
  run(`${inside} ip address add 10.99.0.2/24 dev outer`)
  run(`${inside} ip address add 127.0.0.5/32 dev outer`)
  run(`${inside} ip link set outer up`)
  execFileSync('nsenter', [
    `--net=/proc/${id}/ns/net`,
    'sh',
    '-c',
    'echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet',
  ])
  run(`${inside} ip route add 127.0.0.1/32 via 10.99.0.1 dev outer`)
  // Answers to what claims to come from 127.0.0.5 go back over the wire.
  run('ip route add 127.0.0.5/32 via 10.99.0.2 dev inner table local')
  return id
}

/** What a caller of namespace `id` gets that presents a good key from `address`. */
async function askFrom(id: number, address: string): Promise<unknown> {
  const key = await takeKey()
  const arguments_ = [
    `--net=/proc/${id}/ns/net`,
    process.execPath,
    CALLER,
    address,
    String(port),
    requestWith(key),
  ]
  const { stdout } = await promisify(execFile)('nsenter', arguments_, { timeout: 60_000 })
  return JSON.parse(stdout)
}

async function takeKey(): Promise<string> {
  const { head } = await ask(undefined)
  const [, challenge = ''] = /Www-Authenticate: (.*)\r\n/.exec(head) ?? []
  return readFileSync(parseChallenge(challenge) ?? '', 'latin1')
}

function requestWith(key: string | undefined): string {
  const lines = [`GET ${target} HTTP/1.1`, 'Host: 127.0.0.1', 'Metadata: true', 'Connection: close']
  if (key !== undefined) lines.push(`Authorization: Basic ${key}`)
  return [...lines, '', ''].join('\r\n')
}

async function ask(key: string | undefined): Promise<{ status: number; head: string; body: string }> {
  const socket = connect(port, '127.0.0.1')
  socket.write(requestWith(key))
  let answer = ''
  for await (const part of socket) answer += part
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  return { status: Number(answer.split(' ')[1]), head: `${head}\r\n`, body }
}
