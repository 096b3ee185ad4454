/**
 * The measured process: a control plane with machines, on the database that its arguments name.
 *
 * @module
 */

import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { AuthorityClock, createHttpsClient, OnboardingClient } from '@landfast/agent/upstream'
import { type ControlPlane, type ControlPlaneOptions, createControlPlane } from '@landfast/control-plane'
import { destination, pino } from 'pino'
import type { BenchMachine } from './control-plane-callers.ts'
import { enrolMachine } from './enrolled-machine.ts'
import { work } from './worker.ts'

/** What a server is asked. */
export type ControlPlaneQuestion =
  | { start: ControlPlaneStart }
  | { sign: number }
  | 'processor time'
  | 'resident bytes'

/** How many machines it makes. With `port` it shares that one (0 is any) with other servers, as the processes of a service do. */
export interface ControlPlaneStart {
  machines: number
  port?: number
}

/** Where it is, and who may ask. */
export interface ControlPlanePlace {
  url: string
  ca: string
  machines: BenchMachine[]
  tenantId: string
  subscriptionId: string
  administratorFile: string | undefined
}

/** What it answers: its place; microseconds of processor time, since its start or of so many signatures; or bytes. */
export type ControlPlaneAnswer = ControlPlanePlace | number

const RSA_BITS = 2048

/** As long as what is signed of a token. */
const TOKEN_BYTES = 900

/** As many threads as Node has for such work. */
const LANES = 4

const [parent = '', databaseUrl] = process.argv.slice(2)
const home = mkdtempSync(join(parent, 'landfast-bench-'))
/** Of one that shares its port; with one caller's limit off there is nothing to tell. */
const COMPANIONS: NonNullable<ControlPlaneOptions['companions']> = {
  isFirst: true,
  counters: async () => ({ living: [], endedSince: [] }),
  tell: () => {},
  listen: () => {},
}

let controlPlane: ControlPlane | undefined

/** As an operator runs it, but that one caller stands for many. */
const OPTIONS: ControlPlaneOptions = {
  stateFolder: join(home, 'state'),
  log: pino(destination(join(home, 'log'))),
  callerRequestsPerSecond: 0,
  ...(databaseUrl && { databaseUrl, encryptionKey: Buffer.alloc(32, 'bench').toString('base64') }),
}

work<ControlPlaneQuestion, ControlPlaneAnswer>(
  async (question) => {
    if (question === 'processor time') return processorTime()
    if (question === 'resident bytes') return process.memoryUsage.rss()
    return 'sign' in question ? signMany(question.sign) : start(question.start)
  },
  async () => {
    await controlPlane?.stop()
    rmSync(home, { recursive: true })
  },
)

function processorTime(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** Signs as the authority does, in the thread pool, several at a time. */
async function signMany(count: number): Promise<number> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: RSA_BITS })
  const signAsync = promisify(sign)
  const input = randomBytes(TOKEN_BYTES)
  const before = processorTime()
  const lane = async () => {
    for (let done = 0; done < count / LANES; done += 1) await signAsync('sha256', input, privateKey)
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  return processorTime() - before
}

async function start({ machines, port }: ControlPlaneStart): Promise<ControlPlanePlace> {
  controlPlane = createControlPlane({
    ...OPTIONS,
    ...(port !== undefined && { port, companions: COMPANIONS }),
  })
  await controlPlane.start()
  const { url: origin, caFile } = controlPlane
  const ca = readFileSync(caFile, 'utf8')
  const https = createHttpsClient(ca)
  const client = new OnboardingClient({ https, origin, clock: new AuthorityClock(Date.now) })
  const enrolled: BenchMachine[] = []
  for (let index = 0; index < machines; index += 1) {
    const joinToken = await controlPlane.makeJoinToken('bench')
    enrolled.push(await enrolMachine(client, joinToken, `bench-${index}`))
  }
  https.close()
  const { tenantId, subscriptionId, administratorFile } = controlPlane
  return { url: origin, ca, machines: enrolled, tenantId, subscriptionId, administratorFile }
}
