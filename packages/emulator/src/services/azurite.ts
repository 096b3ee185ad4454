/**
 * Azurite, Microsoft's storage emulator, as an account that accepts tokens: its blobs, queues and tables, in memory.
 *
 * @see https://github.com/Azure/Azurite#oauth-authentication
 * @module
 */

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { EmulatorError } from '../emulator-error.ts'
import { trueClock } from '../true-clock.ts'

/** It is ready within a few seconds; a busy machine may take longer. */
const READY_WITHIN_MILLISECONDS = 60_000

const ASK_EVERY_MILLISECONDS = 100

const SERVICES = ['blob', 'queue', 'table'] as const

/** The longest name that an account has, of letters and digits. */
const ACCOUNT_CHARACTERS = 24

/** Those of a name: 32, each as likely as any other. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

const KEY_BYTES = 64

/** Ends it with the process that holds the other end of its standard input, however that ends. */
const END_WITH_US =
  'data:text/javascript,process.stdin.resume().on("end",()=>process.kill(process.pid,"SIGKILL"))'

/** How it is started. */
export interface AzuriteOptions {
  /** The script, as `findAzurite` finds it. */
  program: string
  /** Where it may write: nothing but a log, should it be told to. */
  folder: string
  /** The paths of the key and the certificate of its addresses, PEM. */
  keyFile: string
  certificateFile: string
}

/** A running Azurite. */
export interface Azurite {
  /** The URL of its account in each service. */
  readonly endpoints: Readonly<Record<(typeof SERVICES)[number], string>>
  stop(): Promise<void>
}

/** Starts it on free ports. @throws {EmulatorError} `service_failed`. */
export async function startAzurite(options: AzuriteOptions): Promise<Azurite> {
  const { program, folder } = options
  const ports = await freePorts(SERVICES.length)
  const args = ['--import', END_WITH_US, program, ...argumentsOf(options, ports)]
  const account = newAccount()
  // A Ctrl-C at the terminal is for the program that uses it.
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, AZURITE_ACCOUNTS: `${account}:${randomBytes(KEY_BYTES).toString('base64')}` },
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  child.stdin.on('error', () => {})
  const ended = once(child, 'exit')
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  try {
    const early = ended.then(() => Promise.reject(new Error('it ended by itself')))
    await Promise.race([Promise.all(ports.map(answers)), early])
  } catch (cause) {
    await stop().catch(() => {})
    throw new EmulatorError('service_failed', `Azurite: ${(cause as Error).message}`, cause)
  }
  const urls = SERVICES.map((service, index) => [service, `https://127.0.0.1:${ports[index]}/${account}`])
  return { endpoints: Object.fromEntries(urls), stop }
}

/**
 * The name of its only account. Azurite believes every token, signed or not, and everybody knows the key of the account that it
 * has by default: so only who is told the name can ask for anything.
 */
function newAccount(): string {
  const letters = Array.from(randomBytes(ACCOUNT_CHARACTERS), (byte) => ALPHABET[byte % ALPHABET.length])
  return letters.join('')
}

function argumentsOf({ keyFile, certificateFile }: AzuriteOptions, ports: readonly number[]): string[] {
  return [
    ...SERVICES.flatMap((service, index) => [
      ...[`--${service}Host`, '127.0.0.1', `--${service}Port`, String(ports[index])],
    ]),
    ...['--oauth', 'basic', '--cert', certificateFile, '--key', keyFile],
    ...['--skipApiVersionCheck', '--disableTelemetry', '--inMemoryPersistence', '--silent'],
  ]
}

/** All are held at once, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  for (const server of servers) server.close()
  await Promise.all(servers.map((server) => once(server, 'close')))
  return ports
}

/** Resolves once something listens on `port`. */
async function answers(port: number): Promise<void> {
  const deadline = trueClock.monotonic() + READY_WITHIN_MILLISECONDS
  while (trueClock.monotonic() < deadline) {
    const socket = connect(port, '127.0.0.1')
    const listening = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (listening) return
    await pause(ASK_EVERY_MILLISECONDS)
  }
  throw new Error(`nothing listens on port ${port}`)
}
