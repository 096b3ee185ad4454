/**
 * Real proxies: tinyproxy, which asks for a password, and squid, which opens TLS.
 *
 * @module
 */

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'

/** Where Debian puts them. */
const TINYPROXY = '/usr/bin/tinyproxy'
const SQUID = '/usr/sbin/squid'
const CERTGEN = '/usr/lib/squid/security_file_certgen'

/** The user as which Debian's squid works. */
const SQUID_USER = 13

/** The proxies that are not here, in words. */
export function lackingProxies(): string | undefined {
  const lacking = [TINYPROXY, SQUID, CERTGEN].find((program) => !existsSync(program))
  return lacking && `"${lacking}" is not installed; "npm run setup:parts" does it`
}

/** Where a proxy listens. */
export interface ProxyPlace {
  folder: string
  address: string
  port: number
}

/** A proxy that runs. */
export interface RealProxy {
  url: string
  /** What it wrote about requests. */
  logFile: string
  stop(): Promise<void>
}

/** Starts tinyproxy, which lets through who knows `credentials`. */
export async function startTinyproxy(place: ProxyPlace, credentials: string): Promise<RealProxy> {
  const { folder, address, port } = place
  const logFile = join(folder, 'tinyproxy.log')
  const config = join(folder, 'tinyproxy.conf')
  const [user = '', password = ''] = credentials.split(':')
  writeFileSync(
    config,
    `Port ${port}\nListen ${address}\nLogFile "${logFile}"\nLogLevel Connect\nMaxClients 50\nTimeout 60\nBasicAuth ${user} ${password}\n`,
  )
  return await started([TINYPROXY, '-d', '-c', config], place, logFile)
}

/** Starts squid, which opens the TLS of every target with certificates of the CA in `caAndKeyFile`. */
export async function startSquid(place: ProxyPlace, caAndKeyFile: string): Promise<RealProxy> {
  const folder = join(place.folder, 'squid')
  mkdirSync(folder)
  chmodSync(place.folder, 0o755)
  const logFile = join(folder, 'access.log')
  const config = join(folder, 'squid.conf')
  execFileSync(CERTGEN, ['-c', '-s', join(folder, 'certificates'), '-M', '4MB'], { stdio: 'ignore' })
  writeFileSync(
    config,
    `http_port ${place.address}:${place.port} ssl-bump generate-host-certificates=on tls-cert=${caAndKeyFile}
sslcrtd_program ${CERTGEN} -s ${join(folder, 'certificates')} -M 4MB
sslcrtd_children 1
tls_outgoing_options flags=DONT_VERIFY_PEER
sslproxy_cert_error allow all
ssl_bump bump all
http_access allow all
cache deny all
cache_mem 1 MB
max_filedescriptors 1024
access_log stdio:${logFile}
cache_log ${join(folder, 'cache.log')}
coredump_dir ${folder}
pid_filename none
shutdown_lifetime 0 seconds
`,
  )
  execFileSync('chown', ['-R', String(SQUID_USER), folder])
  chownSync(caAndKeyFile, SQUID_USER, -1)
  return await started([SQUID, '-N', '-f', config], place, logFile)
}

async function started(
  [program = '', ...args]: readonly string[],
  { address, port }: ProxyPlace,
  logFile: string,
): Promise<RealProxy> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const exited = once(child, 'exit')
  while (!(await listens(address, port))) {
    if (child.exitCode !== null) throw new Error(`"${program}" ended with exit code ${child.exitCode}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return {
    url: `http://${address}:${port}`,
    logFile,
    stop: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}

function listens(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect({ host, port }, () => resolve(true))
  socket.on('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}
