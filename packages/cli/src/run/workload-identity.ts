/**
 * A workload identity for a command: a user-assigned identity that trusts this machine's own tokens, and a token file with
 * such a token, as Kubernetes gives its pods one.
 *
 * @see docs/federation.md
 * @module
 */

import { readFile } from 'node:fs/promises'
import { everyTrust } from '@landfast/emulator/environment'
import { FEDERATED_AUDIENCE, WORKLOAD_VARIABLE } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { readAdministrator } from '../control-plane/administrator-file.ts'
import { IDENTITIES } from '../control-plane/api-versions.ts'
import type { ControlPlaneClient } from '../control-plane/control-plane-client.ts'
import type { Environment } from '../environment.ts'
import type { Site } from './local-site.ts'
import type { TokenVariable } from './run-token-files.ts'

/** The identity's and its credential's name; the group is the one that the machine is in. */
const NAME = 'workload'

/** The token file that proves the identity. */
export const FEDERATED_TOKEN: TokenVariable = {
  variable: WORKLOAD_VARIABLE.federatedTokenFile,
  audience: FEDERATED_AUDIENCE,
}

/**
 * Makes one at the control plane of `site`, whose state is in the folder; its token is in the file.
 *
 * @returns the variables that lead to it.
 */
export async function startWorkloadIdentity(
  site: Site,
  places: { folder: string; file: string },
  inherited: Environment,
): Promise<Record<string, string>> {
  const { folder, file } = places
  const clientId = await makeIdentity(site)
  const ca = await readFile(site.caFile, 'utf8')
  const { tenantId } = site.identity
  return {
    ...workloadVariables({ file, clientId, tenantId, authority: site.controlPlaneUrl }),
    ...(await everyTrust(inherited, folder, ca)),
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
    // With the slash of Azure's own webhook, without which kubelogin refuses it.
    [WORKLOAD_VARIABLE.authorityHost]: new URL('/', names.authority).href,
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
