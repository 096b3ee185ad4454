/**
 * Runs whole programs in a lane, and tells what came of it as client programs do.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { everyTrust } from '../../packages/emulator/src/environment/trusted-variables.ts'
import type { ClientReport, ClientRequest } from '../client-report.ts'
import type { LaneProgram } from '../lane.ts'
import type { Site } from '../site.ts'
import { type Cloud, type Judged, startCloud } from './cloud.ts'
import {
  claimsFor,
  optionsFor,
  type ProgramEnd,
  reportOf,
  tokenIn,
  versionIn,
  type WholeProgram,
  withoutSlash,
} from './whole-program.ts'

/** One that tries again for longer has not given up in a time that a user would wait. */
const DEADLINE_MILLISECONDS = 200_000

/** Asks a program for a token, in the place of a client program. */
export type Ask = (
  request: ClientRequest,
  variables: Readonly<Record<string, string>>,
) => Promise<ClientReport>

/** A program of a lane, and where it may write. */
interface Placed {
  folder: string
  run: readonly string[]
  lane: string
}

/** Starts the services that `whole` asks, and asks it by them. */
export async function openWholeProgram(
  { folder, run }: LaneProgram,
  whole: WholeProgram,
  { site, lane }: { site: Site; lane: string },
): Promise<Ask> {
  const cloud = await startCloud(site, lane)
  const placed = { folder, run, lane }
  const version = versionIn((await runOnce(placed, whole.version, whole.variables ?? {})).output)
  return async (request, variables) => {
    const told = { client: request.client, version, calls: request.calls }
    const options = optionsFor(whole, request)
    if (!options) return { ...told, outcome: 'unsupported', claims: null, error: null, seconds: 0 }
    cloud.forget()
    const began = performance.now()
    const trust = await everyTrust(variables, mkdtempSync(join(lane, 'trust-')), cloud.certificate)
    const ended = await runOnce(placed, options.arguments, { ...variables, ...trust, ...options.variables })
    const seconds = (performance.now() - began) / 1000
    const judged =
      whole.shows === 'requests' ? cloud.shown() : await judgeOutput(cloud, ended.output, request)
    return { ...told, ...reportOf({ ...ended, ...readJudged(judged, request) }), seconds }
  }
}

async function judgeOutput(
  cloud: Cloud,
  output: string,
  { resource }: ClientRequest,
): Promise<Judged | undefined> {
  const token = tokenIn(output)
  return token === undefined ? undefined : await cloud.judge(token, [withoutSlash(resource)])
}

function readJudged(
  judged: Judged | undefined,
  { resource }: ClientRequest,
): Pick<ProgramEnd, 'claims' | 'fault'> {
  if (!judged || 'fault' in judged) return { claims: undefined, fault: judged?.fault }
  return { claims: claimsFor(resource, judged.claims), fault: undefined }
}

/** Runs it to its end in a home of its own, where no token of an earlier run is. */
async function runOnce(
  { folder, run: [file = '', ...first], lane }: Placed,
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<{ code: number | string; output: string }> {
  const home = mkdtempSync(join(lane, 'home-'))
  const path = [dirname(process.execPath), process.env.PATH].join(delimiter)
  const child = spawn(file, [...first, ...args], {
    cwd: folder,
    env: { PATH: path, HOME: home, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: DEADLINE_MILLISECONDS,
    killSignal: 'SIGKILL',
  })
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { code: code ?? signal, output: `${stdout}\n${stderr}`.replaceAll(home, '~') }
}
