/**
 * How the parts of an agent stand: one source for `/readyz`, which tells this host, and for what a heartbeat tells the
 * control plane.
 *
 * @see docs/metrics.md
 * @see docs/onboarding.md#health
 * @module
 */

import { partName } from '@landfast/protocol'
import type { Endpoint } from './endpoint/endpoint.ts'
import type { MissingIdentity } from './endpoint/missing-identities.ts'
import { AgentError } from './errors.ts'
import type { PartFault, PartLook } from './membership/part-look.ts'
import type { AuditLog } from './operation/audit.ts'
import type { PolicyWatch } from './policy/policy-watch.ts'
import type { TokenFileStanding } from './token-files/token-file.ts'
import type { TokenFault } from './tokens/audience-health.ts'

/** The parts without which no token is served. */
interface NeededParts {
  audit: Pick<AuditLog, 'failing'> | undefined
  endpoints: readonly Pick<Endpoint, 'location' | 'keys' | 'waiting'>[]
}

/** All of them. */
interface AgentParts extends NeededParts {
  policy: Pick<PolicyWatch, 'refusal'> | undefined
  tokenFiles: readonly TokenFileStanding[]
  tokens: readonly TokenFault[]
  /** What programs of this host selected in vain. */
  missing: readonly MissingIdentity[]
  /** Of the machine's touch with its control plane. */
  membership: readonly PartLook[]
}

/** Looks at the parts without which no token is served. */
export function lookAtNeeded({ audit, endpoints }: NeededParts): PartLook[] {
  return [...(audit ? [auditLook(audit)] : []), ...endpoints.flatMap(endpointLooks)]
}

/**
 * Looks at every part. Of token files and tokens, of which there may be many, those that fail are parts. What any program can
 * make fail, by an id that it invents, comes last and hides nothing.
 */
export function lookAtAll(parts: AgentParts): PartLook[] {
  const { policy, tokenFiles, tokens, missing, membership } = parts
  return [
    ...lookAtNeeded(parts),
    ...membership,
    ...(policy ? [{ part: partName('policy'), fault: policy.refusal }] : []),
    ...tokenFiles.flatMap(tokenFileLooks),
    ...tokens.map(tokenLook),
    ...missing.map(missingLook),
  ]
}

function auditLook({ failing }: Pick<AuditLog, 'failing'>): PartLook {
  const fault = { code: 'audit_unwritable', message: 'the audit log cannot be written' }
  return { part: partName('audit-log'), fault: failing ? fault : undefined }
}

function endpointLooks({ location, keys, waiting }: NeededParts['endpoints'][number]): PartLook[] {
  return [
    ...(keys ? [{ part: partName('key-folder'), fault: faultIn(() => keys.folder.proveWritable()) }] : []),
    waiting
      ? { part: partName('endpoint', 'workloads'), fault: waiting() }
      : { part: partName('endpoint', location.style), fault: undefined },
  ]
}

function faultIn(prove: () => void): PartFault | undefined {
  try {
    prove()
    return undefined
  } catch (error) {
    return { code: error instanceof AgentError ? error.code : 'internal', message: (error as Error).message }
  }
}

function tokenFileLooks({ path, code, reason = '' }: TokenFileStanding): PartLook[] {
  return code === undefined ? [] : [{ part: partName('token-file', path), fault: { code, message: reason } }]
}

/** The machine's own identity is not named: there is one. */
function tokenLook({ audience, identity, isOwn, ...fault }: TokenFault): PartLook {
  return { part: partName('token', audience, isOwn ? '' : identity), fault }
}

function missingLook({ selector: { name, value }, since }: MissingIdentity): PartLook {
  const fault = { code: 'identity_not_found', message: `asked by "${name}"`, since }
  // Of an ARM id the name of the resource, as for tokens.
  const resourceName = value.startsWith('/') ? value.split('/').at(-1) : undefined
  return { part: partName('identity', resourceName || value), fault }
}
