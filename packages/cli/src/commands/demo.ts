/**
 * `landfast demo`: sets up what the tour needs, takes it, and leaves nothing behind.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { EndpointOptions } from '@landfast/agent'
import { ARC_KEY_FOLDER } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { DEMO_KEY_GROUP_ID } from '../demo/performer.ts'
import { openStage, type Stage } from '../demo/stage.ts'
import { type Tour, takeTour } from '../demo/tour.ts'
import { openStateFolder } from '../machine/state-folder.ts'
import { coverFolder } from '../run/covered-folder.ts'
import { newIdentitySecret } from '../run/identity-secret.ts'
import { type Site, startSiteUnless } from '../run/local-site.ts'
import { currentMounts, enter, findWayIn, type Outside, parseOutside } from '../run/namespace.ts'
import { waitForStop } from '../run/stop-signal.ts'

/** The flags of the command, as commander reads them. */
export interface DemoFlags {
  /** The folder of the example programs. */
  examples?: string
  /** Set when it starts itself anew in a private view of the key folder. */
  inside?: string
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
  return await enter(way)
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
    const keyFolder = join(folder.path, 'keys')
    const endpoints = [endpointOf(outside), { style: 'arc', port: 0, keyFolder } as const]
    const site = await startSiteUnless(interrupted, { folder: folder.path, endpoints, logLevel: 'error' })
    try {
      const tour = describeTour(stage, site, { flags, outside, folder: folder.path, keyFolder })
      await Promise.race([takeTour(tour, whyNotArc), interrupted])
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

/** In a private view of the key folder SDKs find Arc keys; root gives them to a group, others have them alone. */
function endpointOf(outside: Outside | undefined): EndpointOptions {
  if (!outside) return { style: 'app-service', secret: newIdentitySecret() }
  const keyGroup = outside.isMapped ? undefined : String(DEMO_KEY_GROUP_ID)
  return { style: 'arc', port: 0, keyFolder: ARC_KEY_FOLDER, keyGroup, isFolderPrivate: true }
}

function describeTour(
  stage: Stage,
  site: Site,
  {
    flags,
    outside,
    folder,
    keyFolder,
  }: Pick<Tour, 'outside' | 'folder'> & { flags: DemoFlags; keyFolder: string },
): Tour {
  const [endpoint, second] = site.locations
  if (!endpoint || !second) throw new TypeError('a site has its endpoints')
  stage.line(`control plane  ${site.controlPlaneUrl}, with a CA of its own`)
  stage.line(`this machine   ${site.identity.resourceId}`)
  stage.line(`its identity   ${site.identity.principalId}`)
  stage.line(`the agent      ${endpoint.url}`)
  const examples = resolve(flags.examples ?? 'examples')
  return { stage, site, endpoint, raw: { endpoint: second, keyFolder }, outside, folder, examples }
}
