import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test, vi } from 'vitest'
import { temporaryFolder } from '../../../test/agent/temporary-folder.ts'
import { testWith } from '../../../test/privilege.ts'
import { serviceManager } from './service-manager.ts'

/** Takes datagrams at a path, or at an abstract address, and prints each. */
const LISTEN = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace('@', '\\0'))
print('open', flush=True)
while True: print(s.recv(4096).decode(), flush=True)
`

async function listen(address: string) {
  const child = spawn('python3', ['-c', LISTEN, address], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface(child.stdout)
  const next = async (): Promise<string> => (await once(lines, 'line'))[0]
  expect(await next()).toBe('open')
  return next
}

testWith(
  ['linux', 'python3'],
  'who started the service is told that it is ready, and that it stops',
  async () => {
    for (const address of [join(temporaryFolder(), 'notify'), `@landfast-test-${process.pid}`]) {
      const next = await listen(address)
      const manager = serviceManager({ NOTIFY_SOCKET: address })
      const ready = next()
      manager.ready()
      expect(await ready).toBe('READY=1')
      const stopping = next()
      manager.stopping()
      expect(await stopping).toBe('STOPPING=1')
    }
  },
)

function recorded(environment: object) {
  const told: string[] = []
  const kernel = { notify: (_address: Buffer, message: Buffer) => told.push(String(message)) }
  return { told, manager: serviceManager(environment, { kernel, processId: 7 }) }
}

test('a service that is watched says twice in each span that it runs, until it stops', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const watched = { NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC: '60000000' }
  const { told, manager } = recorded({ ...watched, WATCHDOG_PID: '7' })
  const other = recorded({ ...watched, WATCHDOG_PID: '8' })
  manager.ready()
  other.manager.ready()
  vi.advanceTimersByTime(60_000)
  manager.stopping()
  vi.advanceTimersByTime(60_000)
  expect(told).toEqual(['READY=1', 'WATCHDOG=1', 'WATCHDOG=1', 'STOPPING=1'])
  expect(other.told).toEqual(['READY=1'])
})

test.each([
  {},
  { NOTIFY_SOCKET: '' },
  { NOTIFY_SOCKET: 'relative' },
  { NOTIFY_SOCKET: `/${'x'.repeat(200)}` },
])('where nobody can be told, nothing is sent: %j', (environment) => {
  const { told, manager } = recorded({ ...environment, WATCHDOG_USEC: '1000' })
  manager.ready()
  manager.stopping()
  expect(told).toEqual([])
})
