/**
 * The tour of `landfast demo`: the challenge in raw HTTP, a second server that joins, an unmodified program that uses a
 * token, and another one that verifies it.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { competingVariables } from '@landfast/emulator/environment'
import { type EndpointLocation, endpointVariables } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { childEnvironment } from '../run/child-environment.ts'
import type { Site } from '../run/local-site.ts'
import type { Outside } from '../run/namespace.ts'
import { showJoin } from './join.ts'
import { ownPerformer, type Performer, unprivilegedPerformers } from './performer.ts'
import { showChallenge } from './raw-challenge.ts'
import type { Stage } from './stage.ts'
import { startStorage } from './storage.ts'

/** What the tokens of the demo are for: the only audience that Azurite takes. */
const RESOURCE = 'https://storage.azure.com'

/** What all parts of the tour need. */
export interface Tour {
  stage: Stage
  site: Site
  /** The endpoint that the programs ask. */
  endpoint: EndpointLocation
  /** The one that is asked in raw HTTP. */
  raw: { endpoint: EndpointLocation; keyFolder: string }
  examples: string
  outside: Outside | undefined
  /** Gone when the demo ends. */
  folder: string
}

/** Shows every part; `whyNotArc` says why the programs are not answered in Arc's style. */
export async function takeTour(tour: Tour, whyNotArc: string | undefined): Promise<void> {
  const { stage, site } = tour
  stage.heading('The challenge in raw HTTP, in a key folder of the demo’s own')
  const token = await showChallenge(stage, { ...tour.raw, resource: RESOURCE })
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
  const azurite = await startStorage(tour.examples, dirname(site.caFile))
  try {
    stage.line(`Azurite, Microsoft’s storage emulator, answers at ${azurite.endpoints.blob}`)
    const { member, stranger } = await performersOf(tour)
    const environment = { BLOB_ENDPOINT: azurite.endpoints.blob }
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
