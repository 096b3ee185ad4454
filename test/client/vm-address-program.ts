/**
 * A program that runs in its own network namespace and puts one after the other at 169.254.169.254: nothing, the metadata
 * service of Amazon, and an agent. It prints the client's result with each.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createAgent } from '@landfast/agent'
import { DefaultCredential, explain, ManagedIdentityCredential } from '@landfast/client'
import { VM_ADDRESS, VM_PORT } from '@landfast/protocol'
import { endProcess } from '../../packages/cli/src/output.ts'
import { FakeSource, IDENTITY } from '../agent/fake-source.ts'

const SCOPE = 'https://vault.azure.net/.default'
const ONLY_MANAGED = { source: 'vm' } as const

const { PATH } = process.env
for (const name of Object.keys(process.env)) delete process.env[name]

run('ip link set lo up')
const nothing = {
  chain: await ask(new DefaultCredential()),
  alone: await ask(new ManagedIdentityCredential()),
}
run(`ip address add ${VM_ADDRESS}/32 dev lo`)
const amazon = await withAmazon(async () => ({
  chain: await ask(new DefaultCredential()),
  alone: await ask(new ManagedIdentityCredential()),
  explained: await explain(),
}))
const agent = createAgent({
  endpoints: [{ style: 'vm', atVmAddress: true }],
  identity: IDENTITY,
  source: new FakeSource(),
})
await agent.start()
const landfast = {
  chain: await ask(new DefaultCredential()),
  alone: await ask(new DefaultCredential(ONLY_MANAGED)),
  explained: await explain('https://vault.azure.net'),
}
await agent.stop()
process.stdout.write(`${JSON.stringify({ nothing, amazon, landfast })}\n`)
await endProcess(0)

function run(command: string): void {
  const [program = '', ...args] = command.split(' ')
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'], env: { PATH } })
}

async function ask(credential: DefaultCredential | ManagedIdentityCredential): Promise<string> {
  try {
    return (await credential.getToken(SCOPE)).token
  } catch (error) {
    return (error as { code: string }).code
  }
}

/** Without a session it answers 401 to everything. */
async function withAmazon<T>(use: () => Promise<T>): Promise<T> {
  const server = createServer((_, outgoing) => {
    outgoing.writeHead(401, { Server: 'EC2ws', 'Content-Length': '0', Connection: 'close' }).end()
  }).listen(VM_PORT, VM_ADDRESS)
  await once(server, 'listening')
  const used = await use()
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
  return used
}
