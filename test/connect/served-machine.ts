/**
 * A machine with its agent in this process, and everything that it says of how it stands.
 *
 * @module
 */

import { request } from 'node:http'
import { join } from 'node:path'
import { json, text } from 'node:stream/consumers'
import { type AgentOptions, createAgent, type TokenSource } from '@landfast/agent'
import { type Membership, openMembership } from '@landfast/agent/upstream'
import { type EndpointLocation, STYLES } from '@landfast/protocol'
import { onTestFinished } from 'vitest'
import { findKnownMachine } from '../../packages/cli/src/machine/known-machine.ts'
import { logTo } from '../agent/running-agent.ts'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import type { TestSite } from './connected-site.ts'

const SECRET = 'a-secret-of-thirty-two-characters'

/** Seconds that pass for a membership in a second of the test, which else waits for the next heartbeat all the time. */
const CLOCK_RATE = 20

/** What a test may want otherwise. */
interface ServedOptions extends Partial<AgentOptions> {
  hostName?: string
  clockRate?: number
  /** What stands between the agent and the control plane. */
  sourceOf?: (source: TokenSource) => TokenSource
}

const itself = (source: TokenSource) => source

/** An answer of the endpoint or of the pages for health. */
export interface Answer {
  status: number
  headers: NodeJS.Dict<string | string[]>
  body: Record<string, string>
}

/** A running agent. */
export interface ServedMachine {
  membership: Membership
  locations: readonly EndpointLocation[]
  logged: string[]
  /** Asks the endpoint for a token for storage, with more parameters. */
  ask(more?: string): Promise<Answer>
  /** Asks for a page of health or status. */
  page(path: string): Promise<Answer>
  /** What `landfast show` tells of the state folder. */
  shown(): ReturnType<typeof findKnownMachine>
  stop(): Promise<void>
}

/** Starts the agent of the machine in `folder`; it is stopped with the test. */
export async function serveMachine(
  site: Pick<TestSite, 'clock'>,
  folder: string,
  { hostName = 'host-a', clockRate = CLOCK_RATE, sourceOf = itself, ...changes }: ServedOptions = {},
): Promise<ServedMachine> {
  const logged: string[] = []
  const log = logTo(logged)
  const now = () => site.clock.now().getTime()
  const membership = await openMembership({
    ...{ folder, now, log },
    hostName: () => hostName,
    monotonic: () => performance.now() * clockRate,
    random: () => 0,
  })
  const adminSocket = join(temporaryFolder(), 'agent.sock')
  const agent = createAgent({
    endpoints: [{ style: 'app-service', secret: SECRET }],
    identity: membership.identity,
    source: sourceOf(membership.source),
    membership,
    admin: { socket: adminSocket },
    log,
    ...changes,
  })
  onTestFinished(() => agent.stop())
  await agent.start()
  const { port } = new URL(agent.locations[0]?.url ?? '')
  const query = 'api-version=2019-08-01&resource=https%3A%2F%2Fstorage.azure.com'
  const headers = { 'X-IDENTITY-HEADER': SECRET }
  return {
    membership,
    locations: agent.locations,
    logged,
    ask: (more = '') =>
      send({ host: '127.0.0.1', port, path: `${STYLES['app-service'].path}?${query}${more}`, headers }),
    page: (path) => send({ socketPath: adminSocket, path }),
    shown: () => findKnownMachine({ stateFolder: folder, publicFile: undefined, adminSocket }, now()),
    stop: () => agent.stop(),
  }
}

function send(options: object): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  request({ agent: false, ...options }, async (response) => {
    const { statusCode: status = 0, headers } = response
    const isJson = headers['content-type']?.includes('json')
    const body = isJson ? ((await json(response)) as Answer['body']) : { text: await text(response) }
    resolve({ status, headers, body })
  })
    .on('error', reject)
    .end()
  return promise
}
