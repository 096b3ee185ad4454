/**
 * A test of an application under `landfast run`: it adds a fault, meets it, clears it, and reads what was asked. It is given the
 * command line of `landfast`, and prints what it saw.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { request } from 'node:http'
import { dirname } from 'node:path'

const socketPath = process.env.LANDFAST_FAULT_SOCKET ?? ''
const [program = '', ...first] = process.argv.slice(2)

function landfast(...args: readonly string[]) {
  const { status, stdout } = spawnSync(program, [...first, ...args], { encoding: 'utf8' })
  return { status, stdout }
}

async function readRequests(): Promise<{ status: number; fault?: string }[]> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  request({ socketPath, path: '/requests', agent: false }, (response) => {
    response.toArray().then((chunks) => resolve(Buffer.concat(chunks).toString()), reject)
  })
    .on('error', reject)
    .end()
  return JSON.parse(await promise).requests
}

const token = ['token', '--resource', 'api://orders'] as const
const seen = {
  added: landfast('fault', '400').stdout,
  struck: landfast(...token).status,
  cleared: landfast('fault', '--clear').stdout,
  well: landfast(...token).status,
  requests: (await readRequests()).map(({ status, fault }) => fault ?? status),
  modes: [socketPath, dirname(socketPath)].map((path) => statSync(path).mode & 0o777),
}
process.stdout.write(JSON.stringify(seen))
