/** What needs a network or a disk of its own. */

import { once } from 'node:events'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseChallenge } from '@landfast/protocol'
import { expect } from 'vitest'
import { testWith, UNSHARE, UNSHARE_MOUNTS } from '../privilege.ts'
import { childCommand, startChild } from './child.ts'
import { exchange, get, type RawAnswer, valuesOf } from './raw-http.ts'
import { presentKey, TOKEN_HEADERS, TOKEN_TARGET } from './running-agent.ts'
import { temporaryFolder } from './temporary-folder.ts'

testWith(
  ['linux', 'namespaces', 'ip'],
  'a connection from another network namespace gets no token, whatever its address',
  async () => {
    const keyFolder = join(temporaryFolder(), 'tokens')
    const program = startChild([...UNSHARE, ...childCommand('namespace-program.ts', keyFolder, TOKEN_TARGET)])
    const { own, foreign, forwarded, asked } = await program.read()
    expect(own).toMatchObject({ status: 200 })
    for (const [caller, from] of [
      [foreign, '10.99.0.2'],
      [forwarded, '127.0.0.5'],
    ]) {
      expect(caller).toMatchObject({
        status: '400',
        from,
        body: expect.stringContaining('does not come from a process of this host'),
      })
    }
    expect(asked).toHaveLength(1)
  },
)

testWith(['linux', 'namespaces', 'ip'], 'where IPv6 is off, 127.0.0.1 is served alone', async () => {
  const keyFolder = join(temporaryFolder(), 'tokens')
  const program = startChild([
    ...UNSHARE,
    ...childCommand('namespace-program.ts', keyFolder, TOKEN_TARGET, 'ipv6-off'),
  ])
  expect(await program.read()).toMatchObject({ own: { status: 200 } })
})

/** An agent whose key folder is a disk of 64 kB, seen from here through its process. */
async function startOnSmallDisk() {
  const folder = temporaryFolder()
  const [disk, socket] = [join(folder, 'disk'), join(folder, 'agent.sock')]
  const mount = 'mkdir "$0" && mount -t tmpfs -o size=64k,mode=755 tmpfs "$0" && exec "$@"'
  const options = JSON.stringify({
    endpoints: [{ style: 'arc', port: 0, keyFolder: join(disk, 'tokens') }],
    admin: { socket },
  })
  const program = startChild([
    ...UNSHARE_MOUNTS,
    'sh',
    '-c',
    mount,
    disk,
    ...childCommand('agent-program.ts', options),
  ])
  const { pid, urls } = (await program.read()) as { pid: number; urls: [string] }
  const arc = { port: Number(new URL(urls[0]).port) }
  const root = `/proc/${pid}/root`
  const challenge = () => exchange(arc, get(TOKEN_TARGET, ...TOKEN_HEADERS))
  const keyOf = (answer: RawAnswer) =>
    readFileSync(root + parseChallenge(valuesOf(answer, 'www-authenticate')[0] ?? ''), 'latin1')
  const ready = async () => {
    const [response] = await once(request({ socketPath: socket, path: '/readyz' }).end(), 'response')
    return { status: response.statusCode, body: await text(response) }
  }
  return { arc, root, disk, challenge, keyOf, ready }
}

testWith(
  ['linux', 'namespaces'],
  'on a full disk a challenge is answered 503 with help, good keys go on, and all is well when space returns',
  async () => {
    const { arc, root, disk, challenge, keyOf, ready } = await startOnSmallDisk()
    const key = keyOf(await challenge())
    const filler = join(root, disk, 'filler')
    expect(() => {
      for (;;) writeFileSync(filler, 'x'.repeat(4096), { flag: 'a' })
    }).toThrow(expect.objectContaining({ code: 'ENOSPC' }))

    const failed = await challenge()
    expect(failed.status).toBe(503)
    expect(JSON.parse(failed.body)).toMatchObject({
      error: 'service_unavailable',
      error_description: expect.stringContaining('a full disk'),
    })
    expect(await ready()).toMatchObject({ status: 503, body: expect.stringContaining('ENOSPC') })
    expect(readdirSync(join(root, disk, 'tokens')).filter((name) => name.endsWith('.key'))).toHaveLength(1)

    expect((await presentKey(arc, key)).status).toBe(200)
    for (let handshake = 0; handshake < 3; handshake += 1) {
      expect((await presentKey(arc, keyOf(await challenge()))).status).toBe(200)
    }

    rmSync(filler)
    const answers = [await challenge(), await challenge()]
    for (const answer of answers) expect((await presentKey(arc, keyOf(answer))).status).toBe(200)
    expect(await ready()).toMatchObject({ status: 200 })
  },
)
