/**
 * The application in Entra ID that `connect --authority entra` makes of this machine, as the flags name it.
 *
 * @see docs/entra.md
 * @module
 */

import { ENTRA_CLOUDS, type EntraCloud, type EntraIssuer } from '@landfast/agent/entra'
import { CliError } from '../cli-error.ts'
import { readCa } from '../control-plane/trusted-ca.ts'
import { required } from '../flags.ts'
import { meantHint } from '../usage/similar-name.ts'

/** The flags of it, as commander reads them. */
export interface EntraFlags {
  tenantId?: string
  clientId?: string
  objectId?: string
  cloud?: string
  authorityHost?: string
  caFile?: string
  federatedIdentity?: string
  certificateFrom?: EntraIssuer
  rotate?: true
}

/** What the flags say of the application, but for its proof. */
export interface EntraTarget {
  cloud: EntraCloud
  authorityHost?: string
  ca?: string
  tenantId: string
  clientId: string
  objectId?: string
}

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

const IDENTITY =
  /^\/subscriptions\/[^/\s]+\/resourceGroups\/[^/\s]+\/providers\/Microsoft\.ManagedIdentity\/userAssignedIdentities\/[^/\s]+$/i

/**
 * Reads the flags.
 *
 * @throws {CliError} `argument_missing`, `argument_invalid` or that of the file with the CA.
 */
export async function readEntraTarget(flags: EntraFlags): Promise<EntraTarget> {
  const ca = await readCa(flags.caFile)
  return {
    cloud: readCloud(flags.cloud ?? 'public'),
    ...(flags.authorityHost !== undefined && { authorityHost: readHost(flags.authorityHost) }),
    ...(ca !== undefined && { ca }),
    tenantId: readGuid(required(flags, 'tenantId', '--tenant-id'), '--tenant-id'),
    clientId: readGuid(required(flags, 'clientId', '--client-id'), '--client-id'),
    ...(flags.objectId !== undefined && { objectId: readGuid(flags.objectId, '--object-id') }),
  }
}

/** @throws {CliError} `argument_invalid` for flags that exclude each other. */
export function refuseContradictions({ federatedIdentity, rotate, certificateFrom }: EntraFlags): void {
  if (federatedIdentity === undefined) return
  const other = rotate ? '--rotate' : certificateFrom && '--certificate-from'
  if (other === undefined) return
  throw new CliError('argument_invalid', { detail: `${other} and --federated-identity exclude each other` })
}

/** The ARM id of the identity by which the application is proven; undefined where a certificate does it. */
export function readFederatedIdentity({ federatedIdentity: id }: EntraFlags): string | undefined {
  if (id === undefined || IDENTITY.test(id)) return id
  throw new CliError('argument_invalid', {
    detail: `--federated-identity must be the ARM id of a user-assigned identity, not "${id}"`,
    hints: ['"landfast identity list" prints those of the control plane'],
  })
}

/** Azure's own names of its clouds count as well. */
function readCloud(text: string): EntraCloud {
  const clouds = Object.entries(ENTRA_CLOUDS) as [EntraCloud, { azName: string }][]
  const wanted = text.toLowerCase()
  const found = clouds.find(([name, { azName }]) => [name, azName.toLowerCase()].includes(wanted))
  if (found) return found[0]
  const hints = [
    meantHint(
      text,
      clouds.map(([name]) => name),
    ),
  ]
  throw new CliError('argument_invalid', { detail: `there is no cloud "${text}"`, hints })
}

/** A name of a tenant, such as "contoso.com", can be given to another one; its id cannot. */
function readGuid(text: string, flag: string): string {
  if (GUID.test(text)) return text.toLowerCase()
  throw new CliError('argument_invalid', { detail: `${flag} must be a GUID, not "${text}"` })
}

function readHost(text: string): string {
  const url = URL.parse(text)
  if (url?.protocol === 'https:' && text.replace(/\/$/, '') === url.origin) return url.origin
  throw new CliError('argument_invalid', {
    detail: `--authority-host must be https://HOST or https://HOST:PORT, not "${text}"`,
  })
}
