/**
 * `landfast demo`: the tour. The challenge in raw HTTP, a second server that joins, an unmodified program that uses
 * a token, and another one that verifies it.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { EndpointOptions } from '@landfast/agent'
import { ARC_KEY_FOLDER, type EndpointLocation, endpointVariables } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { startAzurite } from '../demo/azurite.ts'
import { showJoin } from '../demo/join.ts'
import { DEMO_KEY_GROUP_ID, ownPerformer, type Performer, unprivilegedPerformers } from '../demo/performer.ts'
import { showChallenge } from '../demo/raw-challenge.ts'
import { openStage, type Stage } from '../demo/stage.ts'
import { openStateFolder } from '../machine/state-folder.ts'
import { childEnvironment, competingVariables } from '../run/child-environment.ts'
import { coverFolder } from '../run/covered-folder.ts'
import { newIdentitySecret } from '../run/identity-secret.ts'
import { currentMounts, enter, findWayIn, type Outside, parseOutside } from '../run/namespace.ts'
import { type Site, startSiteUnless } from '../run/site.ts'
import { waitForStop } from '../run/stop-signal.ts'

/** The flags of the command, as commander reads them. */
export interface DemoFlags {
  /** The folder of the example programs. */
  examples?: string
  /** Set when it starts itself anew in a private view of the key folder. */
  inside?: string
}

/** What the tokens of the demo are for: the only audience that Azurite takes. */
const RESOURCE = 'https://storage.azure.com'

/** What all parts of the tour need. */
interface Tour {
  stage: Stage
  site: Site
  /** The endpoint that the programs ask. */
  endpoint: EndpointLocation
  examples: string
  outside: Outside | undefined
  /** Gone when the demo ends. */
  folder: string
}

/** Shows everything; 0 if all of it went well. */
export async function demo(flags: DemoFlags): Promise<number> {
  if (flags.examples !== undefined && !existsSync(flags.examples)) {
    throw new CliError('argument_invalid', { detail: `"--examples": there is no folder "${flags.examples}"` })
  }
  const stop = waitForStop(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])
  if (flags.inside !== undefined) {
    const outside = parseOutside(flags.inside, currentMounts())
    await coverFolder()
    return await show(flags, stop.duringStart, { outside })
  }
  const way = await findWayIn().catch((error: Error) => error)
  if (way instanceof Error) return await show(flags, stop.duringStart, { whyNotArc: way.message })
  return enter(way)
}

async function show(
  flags: DemoFlags,
  interrupted: Promise<never>,
  { outside, whyNotArc }: { outside?: Outside; whyNotArc?: string },
): Promise<number> {
  const stage = openStage()
  const folder = await openStateFolder(undefined)
  try {
    stage.heading('A control plane, this machine registered with it, and its agent')
    const raw = { style: 'arc', port: 0, keyFolder: keyFolderIn(folder.path) } as const
    const endpoints = [endpointOf(outside), raw]
    const site = await startSiteUnless(interrupted, { folder: folder.path, endpoints, logLevel: 'error' })
    try {
      const tour = describeTour(stage, site, { flags, outside, folder: folder.path })
      await Promise.race([perform(tour, whyNotArc), interrupted])
    } finally {
      await site.stop()
    }
    stage.heading('Done')
    stage.line('everything above is stopped and removed; try "npm run landfast -- run -- COMMAND"')
    return 0
  } finally {
    await folder.close()
  }
}

/** Of the endpoint that is asked in raw HTTP. */
function keyFolderIn(folder: string): string {
  return join(folder, 'keys')
}

/** In a private view of the key folder SDKs find Arc keys; root gives them to a group, others have them alone. */
function endpointOf(outside: Outside | undefined): EndpointOptions {
  if (!outside) return { style: 'app-service', secret: newIdentitySecret() }
  const keyGroup = outside.isMapped ? undefined : String(DEMO_KEY_GROUP_ID)
  return { style: 'arc', port: 0, keyFolder: ARC_KEY_FOLDER, keyGroup }
}

function describeTour(
  stage: Stage,
  site: Site,
  { flags, outside, folder }: { flags: DemoFlags; outside: Outside | undefined; folder: string },
): Tour {
  const [endpoint] = site.locations
  if (!endpoint) throw new TypeError('a site has an endpoint')
  stage.line(`control plane  ${site.controlPlaneUrl}, with a CA of its own`)
  stage.line(`this machine   ${site.identity.resourceId}`)
  stage.line(`its identity   ${site.identity.principalId}`)
  stage.line(`the agent      ${endpoint.url}`)
  return { stage, site, endpoint, outside, folder, examples: resolve(flags.examples ?? 'examples') }
}

async function perform(tour: Tour, whyNotArc: string | undefined): Promise<void> {
  const { stage, site } = tour
  stage.heading('The challenge in raw HTTP, in a key folder of the demo’s own')
  const [, raw] = site.locations
  if (!raw) throw new TypeError('the demo has a second endpoint')
  const token = await showChallenge(stage, {
    endpoint: raw,
    keyFolder: keyFolderIn(tour.folder),
    resource: RESOURCE,
  })
  stage.heading('Another server joins the control plane with one line')
  await showJoin(stage, site, join(tour.folder, 'second-server'))
  if (!existsSync(join(tour.examples, 'package.json'))) {
    stage.line(
      `no example programs in "${tour.examples}": two parts are left out; run it in a checkout of Landfast`,
    )
    return
  }
  await showUpload(tour, whyNotArc)
  await showVerification(tour, token)
}

async function showUpload(tour: Tour, whyNotArc: string | undefined): Promise<void> {
  const { stage, site, endpoint } = tour
  const styleName = endpoint.style === 'arc' ? 'Azure Arc' : 'App Service'
  stage.heading(`An unmodified program: DefaultAzureCredential, Blob Storage, ${styleName} style`)
  if (whyNotArc) stage.line(`App Service and not Arc style: ${whyNotArc}`)
  const azurite = await startAzurite(tour.examples, dirname(site.caFile))
  try {
    stage.line(`Azurite, Microsoft’s storage emulator, answers at ${azurite.endpoint}`)
    const { member, stranger } = await performersOf(tour)
    const environment = { BLOB_ENDPOINT: azurite.endpoint }
    await expectSuccess(tour, member, { program: 'blob-upload.ts', environment })
    if (stranger) await expectRefusal(tour, stranger, environment)
    else if (endpoint.style === 'arc')
      stage.line('(as root the demo also shows how a user outside the key group is refused)')
  } finally {
    await azurite.stop()
  }
}

async function showVerification(tour: Tour, token: string): Promise<void> {
  const { stage, site } = tour
  stage.heading('A third program: it verifies the token with what the control plane publishes')
  const environment = { AUTHORITY: `${site.controlPlaneUrl}/${site.identity.tenantId}`, AUDIENCE: RESOURCE }
  const verifier = ownPerformer(site.caFile)
  await expectSuccess(tour, verifier, { program: 'verify-token.ts', environment, input: token })
}

async function performersOf({
  outside,
  site,
  examples,
}: Tour): Promise<{ member: Performer; stranger?: Performer }> {
  if (!outside || outside.isMapped) return { member: ownPerformer(site.caFile) }
  return await unprivilegedPerformers(dirname(examples), site.caFile)
}

interface Part {
  program: string
  environment: Record<string, string>
  input?: string
}

async function expectSuccess(tour: Tour, performer: Performer, part: Part): Promise<void> {
  const { code, output } = await performPart(tour, performer, part)
  if (code !== 0) throw new CliError('demo_failed', { detail: `${part.program} failed`, hints: [output] })
  for (const line of output.split('\n')) tour.stage.line(line)
}

/** What an SDK says when it may not read the key file. */
async function expectRefusal(
  tour: Tour,
  performer: Performer,
  environment: Record<string, string>,
): Promise<void> {
  const { code, output } = await performPart(tour, performer, { program: 'blob-upload.ts', environment })
  const refusal = /^.*(?:EACCES|unable_to_read_secret_file|permission denied).*$/im.exec(output)
  if (code === 0 || !refusal) {
    throw new CliError('demo_failed', {
      detail: 'a user outside the key group was not refused',
      hints: [output],
    })
  }
  tour.stage.line(`refused, as it must be: ${refusal[0].trim()}`)
}

async function performPart({ stage, endpoint, examples }: Tour, performer: Performer, part: Part) {
  stage.line(`$ node examples/${part.program}   (as ${performer.user})`)
  return await performer.perform(join(examples, part.program), {
    environment: {
      ...childEnvironment(process.env, endpointVariables(endpoint), competingVariables(process.env)),
      ...part.environment,
      NODE_EXTRA_CA_CERTS: performer.caFile,
    },
    ...(part.input !== undefined && { input: part.input }),
  })
}
