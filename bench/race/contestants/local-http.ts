/**
 * Local servers of HTTP: Landfast's agent in two styles, and servers that give everybody the same answer.
 *
 * @module
 */

import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../../packages/control-plane/src/testing/postgres.ts'
import type { ServerAnswer, ServerQuestion, ServerSetup } from '../../handshake-server.ts'
import { Worker } from '../../worker.ts'
import { connectHttp } from '../callers.ts'
import type { LocalContestant, LocalPlace, RunningLocalContestant } from '../local-contestant.ts'
import { LANDFAST_PATHS, METADATA } from '../local-target.ts'
import { landfastSize, megabytesOf, pathOf, sizeOf } from '../programs.ts'
import { MEASURED_PROCESSOR, startProgram } from '../started-program.ts'

/** Every answer of these has it. */
const EXPECTED = '"access_token":"bench.'

/** As long as one with a token. */
const ANSWER = JSON.stringify({ access_token: `bench.${'a'.repeat(1400)}`, expires_in: '86400' })

const GATE = 'checks path, method, Host and headers, finds user and program of the caller, and audits it'

/** The contestants. */
export const LOCAL_HTTP: readonly LocalContestant[] = [
  landfast('vm', 'Landfast agent, VM style', GATE),
  landfast('arc', 'Landfast agent, Arc style', `two requests and a key file that is made and spent; ${GATE}`),
  {
    name: 'node:http',
    programs: [],
    does: 'the same answer to every caller',
    size: () => megabytesOf(process.execPath),
    start: (place) => startWorker('bare-server.ts', [], place, LANDFAST_PATHS.vm),
  },
  {
    name: 'Go 1.26 net/http',
    programs: ['go-http'],
    does: 'the same answer to every caller',
    size: () => sizeOf('go-http'),
    start: async (place) => {
      const port = await freePort()
      return startServer([pathOf('go-http'), `127.0.0.1:${port}`], port, place)
    },
  },
  {
    name: 'nginx 1.22 (Debian)',
    programs: ['nginx'],
    does: 'the same answer to every caller',
    size: () => sizeOf('nginx'),
    start: async (place) => {
      const path = pathOf('nginx')
      const port = await freePort()
      const config = join(place.folder, 'nginx.conf')
      writeFileSync(config, nginxConfig(place.folder, port))
      return startServer([path, '-e', 'stderr', '-p', place.folder, '-c', config], port, place)
    },
  },
]

function landfast(style: 'arc' | 'vm', name: string, does: string): LocalContestant {
  return {
    name,
    programs: [],
    does,
    size: landfastSize,
    start: async (place) => {
      // Memory, where there is some, since the disk is not what is measured here.
      const folder = existsSync('/dev/shm') ? '/dev/shm' : place.folder
      const setup: ServerSetup = { style, way: 'ring', folder }
      const running = await startWorker(
        'handshake-server.ts',
        [JSON.stringify(setup)],
        place,
        LANDFAST_PATHS[style],
      )
      const kind = style === 'arc' ? 'arc' : 'http'
      return { ...running, target: { ...running.target, kind, headers: METADATA } }
    },
  }
}

async function startWorker(
  file: string,
  args: readonly string[],
  { resources }: LocalPlace,
  path: string,
): Promise<RunningLocalContestant> {
  const server = new Worker<ServerQuestion, ServerAnswer>(file, { processor: MEASURED_PROCESSOR, args })
  resources.defer(() => server.stop())
  const port = await server.ask('start')
  return { pid: server.pid, target: targetAt(port, path) }
}

async function startServer(
  command: readonly string[],
  port: number,
  place: LocalPlace,
): Promise<RunningLocalContestant> {
  const isReady = async () => {
    const caller = await connectHttp({ host: '127.0.0.1', port })
    caller.disconnect()
    return true
  }
  const program = await startProgram(command, { ...place, isReady })
  return { ...program, target: targetAt(port, LANDFAST_PATHS.vm) }
}

function targetAt(port: number, path: string) {
  return { kind: 'http' as const, connection: { host: '127.0.0.1', port }, path, expected: EXPECTED }
}

/** With its own defaults, but that connections are kept for as long as the race goes on. */
function nginxConfig(folder: string, port: number): string {
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(' ')
  return `daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${folder}/nginx.pid;
events { }
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  ${places}
  server {
    listen 127.0.0.1:${port};
    location / { default_type application/json; return 200 '${ANSWER}'; }
  }
}
`
}
