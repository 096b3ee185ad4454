/**
 * A workload identity for a command: a user-assigned identity that trusts this machine's own tokens, and a file with
 * such a token, renewed in place, as Kubernetes gives its pods one.
 *
 * @see docs/federation.md
 * @module
 */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TokenSource } from '@landfast/agent'
import { FEDERATED_AUDIENCE, WORKLOAD_VARIABLE } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { readAdministrator } from '../control-plane/administrator-file.ts'
import { IDENTITIES } from '../control-plane/api-versions.ts'
import type { ControlPlaneClient } from '../control-plane/control-plane-client.ts'
import type { Environment } from '../environment.ts'
import { everyTrust } from './child-trust.ts'
import { FederatedTokenFile } from './federated-token-file.ts'
import type { Site } from './local-site.ts'

/** The identity's and its credential's name; the group is the one that the machine is in. */
const NAME = 'workload'

/** How often the file is looked after. */
const CHECK_MS = 5000

/** A running workload identity. */
export interface WorkloadIdentity {
  variables: Record<string, string>
  /** The file is renewed no more. */
  stop(): void
}

/** Makes one at the control plane of `site`, whose state is in `folder`. */
export async function startWorkloadIdentity(
  site: Site,
  folder: string,
  inherited: Environment,
): Promise<WorkloadIdentity> {
  const clientId = await makeIdentity(site)
  const file = join(folder, 'federated-token')
  const ca = await readFile(site.caFile, 'utf8')
  const renewal = await keepRenewed(await sourceOf(site, folder), site, file)
  return {
    variables: {
      ...workloadVariables({
        file,
        clientId,
        tenantId: site.identity.tenantId,
        authority: site.controlPlaneUrl,
      }),
      ...(await everyTrust(inherited, folder, ca)),
    },
    stop: renewal.stop,
  }
}

/** The variables by which clients find the token in `file`, and where to exchange it for one of which identity. */
export function workloadVariables(names: {
  file: string
  clientId: string
  tenantId: string
  /** The origin of the control plane. */
  authority: string
}): Record<string, string> {
  return {
    [WORKLOAD_VARIABLE.federatedTokenFile]: names.file,
    [WORKLOAD_VARIABLE.clientId]: names.clientId,
    [WORKLOAD_VARIABLE.tenantId]: names.tenantId,
    [WORKLOAD_VARIABLE.authorityHost]: names.authority,
  }
}

/** Lets tokens of `issuer` for `subject` prove the user-assigned identity at `path`. */
export async function trustTokens(
  client: ControlPlaneClient,
  path: string,
  { issuer, subject }: { issuer: string; subject: string },
): Promise<void> {
  const properties = { issuer, subject, audiences: [FEDERATED_AUDIENCE] }
  const credential = `${path}/federatedIdentityCredentials/${NAME}`
  await client.call('PUT', credential, { ...IDENTITIES, body: { properties } })
}

/** The same one in the same state folder, since its name is its own. */
async function makeIdentity(site: Site): Promise<string> {
  const { clientId: administrator, clientSecret, subscriptionId } = await administratorOf(site)
  const { createControlPlaneClient } = await import('../control-plane/control-plane-client.ts')
  const client = await createControlPlaneClient({
    url: site.controlPlaneUrl,
    ca: await readFile(site.caFile, 'utf8'),
    tenantId: site.identity.tenantId,
    credential: { kind: 'secret', clientId: administrator, secret: clientSecret },
  })
  try {
    const [, group = ''] = /\/resourceGroups\/([^/]+)\//i.exec(site.identity.resourceId) ?? []
    const path = `/subscriptions/${subscriptionId}/resourceGroups/${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${NAME}`
    const { body } = await client.call('PUT', path, { ...IDENTITIES, body: { location: 'local' } })
    await trustTokens(client, path, { issuer: issuerOf(site), subject: site.identity.principalId })
    return (body.properties as { clientId: string }).clientId
  } finally {
    client.close()
  }
}

async function administratorOf({ administratorFile }: Site) {
  if (administratorFile) return await readAdministrator(administratorFile)
  const detail = 'a workload identity needs the administrator of the control plane in the state folder'
  throw new CliError('unsupported', { detail })
}

/** That of the tokens which the site's control plane gives its machines. */
function issuerOf({ identity }: Site): string {
  return `https://sts.windows.net/${identity.tenantId}/`
}

/** The agent's own way to tokens; the port of the control plane may be another one than at the registration. */
async function sourceOf(site: Site, folder: string): Promise<TokenSource> {
  const { createControlPlaneSource, readRegistration } = await import('@landfast/agent')
  const registration = await readRegistration(folder)
  const authority = `${site.controlPlaneUrl}/${site.identity.tenantId}`
  return createControlPlaneSource({ registration: { ...registration, authority } })
}

/** Writes the file now, and looks from then on whether it is to be renewed. */
async function keepRenewed(source: TokenSource, { identity }: Site, path: string) {
  const { systemClock } = await import('@landfast/agent')
  const stopped = new AbortController()
  const getToken = () => source.getToken(identity, FEDERATED_AUDIENCE, stopped.signal)
  const file = new FederatedTokenFile({ path, getToken, clock: systemClock })
  await file.write()
  const timer = setInterval(() => file.renewIfDue(), CHECK_MS).unref()
  return {
    stop() {
      clearInterval(timer)
      stopped.abort()
      source.close()
    },
  }
}
