/**
 * Azurite, Microsoft's storage emulator, as an account that accepts tokens.
 *
 * @see https://github.com/Azure/Azurite#oauth-authentication
 * @module
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { CliError } from '../cli-error.ts'

/** It is ready within a few seconds; a busy machine may take longer. */
const READY_WITHIN_MILLISECONDS = 60_000

const ASK_EVERY_MILLISECONDS = 100

/** A running emulator. */
export interface Azurite {
  /** The URL of its only account. */
  readonly endpoint: string
  stop(): Promise<void>
}

/**
 * Starts it with the server certificate that is in `certificateFolder`, keeping all in memory.
 *
 * @param examples the folder beside which it is installed.
 */
export async function startAzurite(examples: string, certificateFolder: string): Promise<Azurite> {
  const program = findAzurite(examples)
  const port = await freePort()
  const args = [
    ...['--blobHost', '127.0.0.1', '--blobPort', String(port)],
    ...[
      '--oauth',
      'basic',
      '--skipApiVersionCheck',
      '--disableTelemetry',
      '--inMemoryPersistence',
      '--silent',
    ],
    ...['--cert', join(certificateFolder, 'server.pem'), '--key', join(certificateFolder, 'server-key.pem')],
  ]
  const child = spawn(process.execPath, [program, ...args], { cwd: certificateFolder, stdio: 'ignore' })
  const ended = once(child, 'exit')
  const kill = (): void => void child.kill('SIGKILL')
  // However this process ends, no server stays behind.
  process.on('exit', kill)
  const stop = async (): Promise<void> => {
    kill()
    await ended
    process.off('exit', kill)
  }
  try {
    await Promise.race([answers(port), ended.then(() => Promise.reject(new Error('it ended by itself')))])
  } catch (cause) {
    await stop()
    throw new CliError('demo_failed', { detail: `Azurite did not start: ${(cause as Error).message}`, cause })
  }
  return { endpoint: `https://127.0.0.1:${port}/devstoreaccount1`, stop }
}

function findAzurite(examples: string): string {
  try {
    return createRequire(join(examples, 'package.json')).resolve('azurite/dist/src/blob/main.js')
  } catch (cause) {
    throw new CliError('demo_failed', {
      detail: 'Azurite is not installed; run "npm ci" in the checkout',
      cause,
    })
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Resolves once something listens on `port`. */
async function answers(port: number): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MILLISECONDS
  while (performance.now() < deadline) {
    const socket = connect(port, '127.0.0.1')
    const listening = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (listening) return
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MILLISECONDS))
  }
  throw new Error(`nothing listens on port ${port}`)
}
