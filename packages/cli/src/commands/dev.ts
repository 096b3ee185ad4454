/**
 * `landfast dev`: a private control plane and agent in the foreground, until Ctrl-C.
 *
 * @module
 */

import { join } from 'node:path'
import type { AgentError } from '@landfast/agent'
import { competingVariables, pastProxies, trustedVariables } from '@landfast/emulator/environment'
import { ARC_KEY_FOLDER } from '@landfast/protocol'
import { inState } from '../files/state-failure.ts'
import { openStateFolder, type StateFolder } from '../machine/state-folder.ts'
import { writeOutput } from '../output.ts'
import { type ApplicationFlags, readApplicationFlags } from '../run/application-flags.ts'
import {
  DEV_FILE,
  type DevNotes,
  describeDev,
  pointAtDev,
  refuseLongSockets,
  removeDevNotes,
  writeDevNotes,
} from '../run/dev-notes.ts'
import { type EndpointFlags, readEndpointFlags } from '../run/endpoint-flags.ts'
import { faultsOf, readFaultTexts } from '../run/faults/fault-flags.ts'
import { faultSocketVariables } from '../run/faults/fault-socket-place.ts'
import { type IdentityFlags, identityVariables, readIdentityFlags } from '../run/identity-flags.ts'
import { type Site, startSiteUnless } from '../run/local-site.ts'
import { withNamed } from '../run/named-variables.ts'
import { type TokenVariable, tokenFilesIn, tokenFileVariables } from '../run/run-token-files.ts'
import { formatExports, quoteForShell } from '../run/shell-exports.ts'
import { waitForStop } from '../run/stop-signal.ts'
import { printForShell, printNote, printResult } from '../terminal.ts'

/** The flags of the command, as commander reads them. */
export interface DevFlags extends ApplicationFlags, EndpointFlags, IdentityFlags {
  policy?: string
  tokenFile?: readonly TokenVariable[]
  fault?: readonly string[]
  stateDir?: string
  json?: true
  showSecret?: true
}

/** Runs until a signal ends it. */
export async function dev(flags: DevFlags): Promise<number> {
  const endpoint = await readEndpointFlags(flags, process.env)
  const given = readFaultTexts(flags.fault ?? [])
  const application = await readApplicationFlags(flags)
  const named = readIdentityFlags(flags, given)
  const stop = waitForStop(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])
  const folder = await openStateFolder(flags.stateDir)
  const pointer = folder.isEphemeral ? undefined : await pointAtDev(folder.path)
  try {
    refuseLongSockets(folder.path)
    const failed = Promise.withResolvers<never>()
    failed.promise.catch(() => {})
    const { tokenFile = [] } = flags
    const tokenFiles = await tokenFilesIn(folder.path, tokenFile)
    const site = await startSiteUnless(stop.duringStart, {
      folder: folder.path,
      tokenFiles,
      endpoints: [endpoint],
      admin: { socket: join(folder.path, DEV_FILE.socket) },
      policy: flags.policy,
      faults: faultsOf(given),
      application,
      identities: named.identities,
      faultSocket: join(folder.path, DEV_FILE.faults),
      logLevel: 'warn',
      onFailure: (error: AgentError) => failed.reject(error),
    })
    try {
      const own = {
        '--token-file': tokenFileVariables(tokenFile, tokenFiles),
        '--identity': identityVariables(named, site.identities),
      }
      await inState(folder.path, announce(site, { folder, own }, flags))
      await Promise.race([stop.requested, failed.promise])
      printNote('stopping')
    } finally {
      await removeDevNotes(folder.path)
      await site.stop()
    }
    return 0
  } finally {
    await pointer?.close()
    await folder.close()
  }
}

async function announce(
  site: Site,
  { folder, own }: { folder: StateFolder; own: Parameters<typeof withNamed>[1] },
  flags: DevFlags,
): Promise<void> {
  const { authority, variables: services } = site.application
  const trust = { inherited: process.env, folder: folder.path, authority }
  const leading = await trustedVariables(site.location, trust)
  const notes = describeDev(site, folder.path)
  const faults = faultSocketVariables(notes.faultSocket)
  const variables = withNamed({ ...pastProxies(process.env, leading), ...services, ...faults }, own)
  await writeDevNotes(folder.path, { notes, variables })
  if (flags.json) {
    printResult(JSON.stringify(flags.showSecret ? { ...notes, variables } : notes))
    return
  }
  printProgress(notes, flags)
  if (flags.showSecret) writeOutput('stdout', formatExports(variables))
  else printForShell(`. ${quoteForShell(notes.envFile)}`)
}

function printProgress(notes: DevNotes, { keyFolder, host }: EndpointFlags): void {
  printNote(`the ${notes.style} style answers at ${notes.url}`)
  if (host !== undefined) {
    printNote(`other hosts get tokens at "${host}" as well, if they know the secret`)
    printNote('they do not reach the control plane, nor services of --with: those listen on 127.0.0.1 alone')
  }
  printNote(`the control plane is ${notes.controlPlaneUrl}, known by ${notes.caFile}`)
  printNote(`this machine is ${notes.principalId} in the tenant ${notes.tenantId}`)
  for (const [name, { clientId }] of Object.entries(notes.identities ?? {}))
    printNote(`its identity "${name}" has the client id ${clientId}`)
  printNote(`who gets which token is written to ${notes.auditLog}`)
  const competing = competingVariables(process.env)
  if (competing.length > 0) {
    printNote(`these variables lead SDKs elsewhere; unset them in the shell you use: ${competing.join(', ')}`)
  }
  if (keyFolder !== undefined && keyFolder !== ARC_KEY_FOLDER) {
    printNote(`official SDKs do not accept keys in "${keyFolder}"; ask with another client, or with:`)
    printNote(`landfast token --key-folder ${quoteForShell(keyFolder)}`)
  }
  printNote('Ctrl-C stops it; in another shell, or before "landfast token", type:')
}
