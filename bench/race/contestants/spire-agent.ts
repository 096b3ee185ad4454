/**
 * A SPIRE agent, which has the JWT-SVID of a workload in its cache.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LocalContestant } from '../local-contestant.ts'
import { connectLocally, getLocally, type LocalTarget } from '../local-target.ts'
import { pathOf, sizeOf } from '../programs.ts'
import { prepareSpireServer, TRUST_DOMAIN } from '../spire.ts'
import { startProgram } from '../started-program.ts'

const AGENT = `spiffe://${TRUST_DOMAIN}/agent`
const WORKLOAD = `spiffe://${TRUST_DOMAIN}/workload`

/** The contestant. */
export const SPIRE_AGENT: LocalContestant = {
  name: 'SPIRE agent 1.13.3, FetchJWTSVID',
  programs: ['spire-server', 'spire-agent'],
  does: 'gRPC over a socket file; finds user and process of the caller',
  size: () => sizeOf('spire-agent'),
  start: async ({ folder, resources }) => {
    const path = pathOf('spire-agent')
    const server = await prepareSpireServer(folder, resources)
    await server.start()
    const printed = await server.command('token', 'generate', '-spiffeID', AGENT)
    const [, joinToken = ''] = /Token: (\S+)/.exec(printed) ?? []
    const selector = ['-selector', `unix:uid:${process.getuid?.()}`]
    await server.command('entry', 'create', '-parentID', AGENT, '-spiffeID', WORKLOAD, ...selector)
    const data = join(folder, 'spire-agent')
    mkdirSync(data)
    const socket = join(data, 'api.sock')
    const config = join(data, 'agent.conf')
    writeFileSync(config, agentConfig({ data, socket, port: server.port }))
    const target: LocalTarget = {
      kind: 'spire',
      connection: { host: socket },
      path: '/SpiffeWorkloadAPI/FetchJWTSVID',
      headers: { 'workload.spiffe.io': 'true' },
      expected: WORKLOAD,
    }
    const program = await startProgram([path, 'run', '-config', config, '-joinToken', joinToken], {
      ...{ folder: data, resources },
      isReady: async () => {
        const caller = await connectLocally(target)
        await getLocally(target, caller).finally(() => caller.disconnect())
        return true
      },
    })
    return { ...program, target }
  },
}

function agentConfig({ data, socket, port }: { data: string; socket: string; port: number }): string {
  return `agent {
  data_dir = "${data}"
  log_level = "WARN"
  server_address = "127.0.0.1"
  server_port = "${port}"
  socket_path = "${socket}"
  insecure_bootstrap = true
  trust_domain = "${TRUST_DOMAIN}"
}
plugins {
  NodeAttestor "join_token" { plugin_data {} }
  KeyManager "memory" { plugin_data {} }
  WorkloadAttestor "unix" { plugin_data {} }
}
`
}
