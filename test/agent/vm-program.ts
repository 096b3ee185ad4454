/**
 * A program that runs in a network namespace of its own: an agent there that owns 169.254.169.254, and callers that
 * reach the address from two other namespaces, over a veth and over a bridge. It prints what each of them got.
 *
 * @module
 */

import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createAgent, type MachineFacts } from '@landfast/agent'
import { STYLES, VM_ADDRESS, VM_PORT } from '@landfast/protocol'
import { endProcess } from '../../packages/cli/src/output.ts'
import { FakeSource, IDENTITY } from './fake-source.ts'

const CALLER = fileURLToPath(new URL('foreign-caller.ts', import.meta.url))
const TOKEN = `${STYLES.vm.path}?api-version=2018-02-01&resource=a`
const INSTANCE = '/metadata/instance/compute/name?api-version=2021-02-01&format=text'
const ATTESTED = '/metadata/attested/document?api-version=2021-02-01'

const [part = '', folder = ''] = process.argv.slice(2)
const parts: Record<string, () => Promise<object>> = { callers, taken, users, readers, neighbours }

run('ip link set lo up')
process.stdout.write(`${JSON.stringify(await parts[part]?.())}\n`)
await endProcess(0)

/** This host's own process gets a token; nobody else does, whatever way the packets come. */
async function callers(): Promise<object> {
  const { source, agent } = await startAgent()
  const own = await askFrom([])
  const veth = await namespaceOverVeth()
  const bridge = await namespaceOverBridge()
  const overVeth = await askFrom(inside(veth), { from: '10.99.0.2' })
  const overBridge = await askFrom(inside(bridge), { from: '10.98.0.2' })
  const pretending = await askFrom(inside(veth), { from: '127.0.0.5' })
  const ownDocument = await askFrom([], { target: INSTANCE })
  const foreignDocument = await askFrom(inside(bridge), { from: '10.98.0.2', target: INSTANCE })
  const asked = source.asked.length
  await agent.stop()
  const documents = { ownDocument, foreignDocument }
  return { own, overVeth, overBridge, pretending, documents, asked, left: interfaceOfAddress() }
}

/** What else answers at the address, or holds its port, keeps the agent away; then the address is as it was. */
async function taken(): Promise<object> {
  const free = await codeOfStart()
  run(`ip address add ${VM_ADDRESS}/32 dev lo`)
  const server = createServer().listen(VM_PORT, VM_ADDRESS)
  await once(server, 'listening')
  const answered = await codeOfStart()
  server.close()
  await once(server, 'close')
  const { agent } = await startAgent()
  const second = await codeOfStart()
  await agent.stop()
  return { free, answered, second, left: interfaceOfAddress() }
}

/** What root and an ordinary user of this host get. */
async function users(): Promise<object> {
  const { source } = await startAgent()
  const asStranger = ['setpriv', '--reuid=54321', '--regid=54322', '--clear-groups']
  const [root, stranger] = [await askFrom([]), await askFrom(asStranger)]
  const document = await askFrom(asStranger, { target: INSTANCE })
  const attested = await askFrom(asStranger, { target: ATTESTED })
  giveGroup()
  const asMember = ['setpriv', '--reuid=54321', '--regid=54322', '--init-groups']
  const member = await askFrom(asMember)
  const memberAttested = await askFrom(asMember, { target: ATTESTED })
  const documents = { document, attested, memberAttested }
  return { root, stranger, member, documents, asked: source.asked.length }
}

/** What neighbours learn of the address by ARP: before the agent, beside it, and with an address that Linux answers for. */
async function neighbours(): Promise<object> {
  const ids = [await namespaceOverVeth(), await namespaceOverBridge()]
  const beside: boolean[] = []
  for (const routed of ['1', '0']) {
    writeFileSync('/proc/sys/net/ipv4/conf/all/route_localnet', routed)
    const { agent } = await startAgent()
    beside.push(...(await Promise.all(ids.map(answerOfArp))))
    await agent.stop()
  }
  run(`ip address add ${VM_ADDRESS}/32 dev lo scope host`)
  const without = await Promise.all(ids.map(answerOfArp))
  return { beside, without }
}

/** Whether a neighbour's ARP request for the address is answered. */
async function answerOfArp(id: number): Promise<boolean> {
  const there = inside(id)
  run(`${there.join(' ')} ip route replace ${VM_ADDRESS}/32 dev outer`)
  run(`${there.join(' ')} ip neigh flush dev outer nud all`)
  const [program = '', ...rest] = [...there, 'bash', '-c', `echo > /dev/udp/${VM_ADDRESS}/9`]
  execFileSync(program, rest)
  for (;;) {
    const [look = '', ...words] = [...there, 'ip', 'neigh', 'show', 'to', VM_ADDRESS, 'dev', 'outer']
    const { stdout } = await promisify(execFile)(look, words)
    if (/FAILED/.test(stdout)) return false
    if (/lladdr/.test(stdout)) return true
  }
}

/** What programs take this host for that read documents there by themselves, with nothing configured. */
async function readers(): Promise<object> {
  await startAgent({ location: 'westeurope' })
  return { tokenHostOfMsal: await tokenHostOfMsal() }
}

/** The host of which MSAL would have a token, when it may find the region by itself. */
async function tokenHostOfMsal(): Promise<string> {
  const { ConfidentialClientApplication } = await import('@azure/msal-node')
  const hosts: string[] = []
  const application = new ConfidentialClientApplication({
    auth: {
      clientId: IDENTITY.clientId,
      clientSecret: 'nobody-is-asked-with-it',
      authority: `https://login.microsoftonline.com/${IDENTITY.tenantId}`,
    },
    system: {
      networkClient: {
        sendGetRequestAsync: async <T>(url: string, options?: { headers?: Record<string, string> }) => {
          const answer = await fetch(url, { headers: options?.headers ?? {} })
          return { status: answer.status, headers: {}, body: (await answer.json()) as T }
        },
        sendPostRequestAsync: async (url: string) => {
          hosts.push(new URL(url).host)
          throw new Error('there is nobody to ask')
        },
      },
    },
  })
  const request = { scopes: ['https://storage.azure.com/.default'], azureRegion: 'TryAutoDetect' }
  await application.acquireTokenByClientCredential(request).catch(() => undefined)
  return hosts.join()
}

/** Makes the stranger a member of the group, in files that this mount namespace alone sees. */
function giveGroup(): void {
  for (const [name, line] of [
    ['group', 'himds:x:990:stranger'],
    ['passwd', 'stranger:x:54321:54322::/:/bin/false'],
  ] as const) {
    const own = join(folder, name)
    writeFileSync(own, `${readFileSync(`/etc/${name}`, 'utf8')}${line}\n`)
    run(`mount --bind ${own} /etc/${name}`)
  }
}

async function startAgent(facts: MachineFacts = {}) {
  const source = new FakeSource()
  const agent = createAgent({
    endpoints: [{ style: 'vm', atVmAddress: true, group: 'himds' }],
    identity: IDENTITY,
    source,
    facts: () => facts,
  })
  await agent.start()
  return { agent, source }
}

async function codeOfStart(): Promise<string> {
  try {
    const { agent } = await startAgent()
    await agent.stop()
    return 'started'
  } catch (error) {
    return (error as { code: string }).code
  }
}

function interfaceOfAddress(): string | undefined {
  const all = Object.entries(networkInterfaces())
  return all.find(([, addresses]) => addresses?.some(({ address }) => address === VM_ADDRESS))?.[0]
}

function run(command: string): void {
  const [program = '', ...rest] = command.split(' ')
  execFileSync(program, rest, { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Another namespace, kept by a process that waits. */
async function newNamespace(): Promise<number> {
  const keeper = spawn('unshare', ['--net', 'sh', '-c', 'echo; cat'], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(keeper.stdout, 'data')
  return keeper.pid ?? 0
}

function inside(id: number): string[] {
  return ['nsenter', `--net=/proc/${id}/ns/net`]
}

async function namespaceOverVeth(): Promise<number> {
  const id = await newNamespace()
  run(`ip link add name inner type veth peer name outer netns ${id}`)
  run('ip address add 10.99.0.1/24 dev inner')
  run('ip link set inner up')
  writeFileSync('/proc/sys/net/ipv4/conf/all/route_localnet', '1')
  setUp(id, '10.99.0')
  run(`${inside(id).join(' ')} ip address add 127.0.0.5/32 dev outer`)
  const allow = 'echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet'
  execFileSync('nsenter', [...inside(id).slice(1), 'sh', '-c', allow])
  run('ip route add 127.0.0.5/32 via 10.99.0.2 dev inner table local')
  return id
}

async function namespaceOverBridge(): Promise<number> {
  const id = await newNamespace()
  run('ip link add name bridge type bridge')
  run('ip address add 10.98.0.1/24 dev bridge')
  run(`ip link add name port type veth peer name outer netns ${id}`)
  run('ip link set port master bridge')
  run('ip link set port up')
  run('ip link set bridge up')
  setUp(id, '10.98.0')
  return id
}

/** The other end, which sends what is for the address to us. */
function setUp(id: number, net: string): void {
  const there = inside(id).join(' ')
  run(`${there} ip address add ${net}.2/24 dev outer`)
  run(`${there} ip link set outer up`)
  run(`${there} ip link set lo up`)
  run(`${there} ip route add ${VM_ADDRESS}/32 via ${net}.1 dev outer`)
}

/** What a caller gets that is started by `prefix` and asks from an address, or from whichever the system takes. */
async function askFrom(
  prefix: readonly string[],
  { from = '', target = TOKEN }: { from?: string; target?: string } = {},
): Promise<unknown> {
  const request = `GET ${target} HTTP/1.1\r\nHost: ${VM_ADDRESS}\r\nMetadata: true\r\nConnection: close\r\n\r\n`
  const asker = [process.execPath, CALLER, from, String(VM_PORT), request, VM_ADDRESS]
  const [program = '', ...rest] = [...prefix, ...asker]
  const { stdout } = await promisify(execFile)(program, rest, { timeout: 60_000 })
  return JSON.parse(stdout)
}
