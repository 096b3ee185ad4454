/**
 * Tells systemd how a service is: that it is ready, that it stops, and that it still runs.
 *
 * Node has no datagrams of Unix sockets, so `kernel.c` sends them. Where nothing asks to be told, nothing is sent.
 *
 * @see https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
 * @module
 */

import { endianness } from 'node:os'
import { type Kernel, loadKernel } from './kernel/kernel.ts'

const AF_UNIX = 1

/** The kernel has room for no longer path, with its end. */
const PATH_MAX_BYTES = 108

/** What systemd gives a service that is to tell it something. */
export type ServiceEnvironment = Readonly<
  Partial<Record<'NOTIFY_SOCKET' | 'WATCHDOG_USEC' | 'WATCHDOG_PID', string>>
>

/** How a service speaks to what started it. */
export interface ServiceManager {
  /** Its listeners are open. From here on it also says that it still runs, if that is asked. */
  ready(): void
  /** It was told to stop, and finishes what is under way. */
  stopping(): void
}

/** What it is made of, other than in tests. */
interface ServiceManagerParts {
  kernel: Pick<Kernel, 'notify'> | undefined
  processId: number
}

/** Who is told by this process, whose variables are `environment`. */
export function serviceManager(
  environment: ServiceEnvironment = process.env,
  { kernel = loadKernel(), processId = process.pid }: Partial<ServiceManagerParts> = {},
): ServiceManager {
  const address = addressOf(environment.NOTIFY_SOCKET)
  const tell = (state: string): void => {
    if (address) kernel?.notify(address, Buffer.from(state))
  }
  let watchdog: NodeJS.Timeout | undefined
  return {
    ready() {
      tell('READY=1')
      const everyMs = watchdogMs(environment, processId)
      if (everyMs !== undefined && address) watchdog = setInterval(() => tell('WATCHDOG=1'), everyMs).unref()
    },
    stopping() {
      clearInterval(watchdog)
      tell('STOPPING=1')
    },
  }
}

/** The bytes of an address, as the kernel has them; "@" stands for the zero of an abstract one. */
function addressOf(socket: string | undefined): Buffer | undefined {
  if (!socket || !/^[/@]./.test(socket)) return undefined
  const family = endianness() === 'LE' ? [AF_UNIX, 0] : [0, AF_UNIX]
  const path = socket.startsWith('@') ? `\0${socket.slice(1)}` : `${socket}\0`
  const bytes = Buffer.from(path)
  return bytes.length > PATH_MAX_BYTES ? undefined : Buffer.from([...family, ...bytes])
}

/** Twice as often as systemd wants it, so that one late turn is no death. */
function watchdogMs({ WATCHDOG_USEC, WATCHDOG_PID }: ServiceEnvironment, processId: number) {
  const isAsked = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === processId
  const microseconds = Number(WATCHDOG_USEC)
  return isAsked && microseconds > 0 ? Math.max(1, Math.floor(microseconds / 2000)) : undefined
}
