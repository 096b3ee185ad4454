/**
 * Advice for a person whose administrative command the control plane refused. Its own sentence gives the reason.
 *
 * @see docs/errors.md
 * @module
 */

import { CliError, type CliErrorCode } from '../cli-error.ts'
import { ControlPlaneRefusal } from '../control-plane/control-plane-refusal.ts'

const UNAUTHORIZED = 401
const TOO_MANY_REQUESTS = 429
const SERVER_ERROR = 500

const ADVICE: Readonly<Record<string, string>> = {
  AuthorizationFailed:
    'where you have a role at a resource group alone, name that with --resource-group; more is given by "landfast role assign" (docs/roles.md)',
  LinkedAuthorizationFailed: 'the role Managed Identity Operator at the identity gives that right',
  ResourceGroupNotFound: 'name the resource group with --resource-group',
  HttpResourceNotFound:
    'look at the names that you gave; where they are right, the control plane is of an older version than this command',
  ResourceNotFound: '"list" shows what there is; another resource group is named with --resource-group',
  SubscriptionNotFound: 'name the subscription with --subscription-id',
  ServicePrincipalNotFound: '"landfast service-principal list" shows what there is',
  PrincipalNotFound: 'the object id of a machine, identity, group or user is in what "show" or "list" prints',
  TooManySecrets: 'without --keep-others the new secret takes the place of the former ones',
  NoKeyToReturnBy: 'run "landfast join-token create --replace NAME"',
  PreconditionFailed: 'another change was made at the same moment; repeat the command',
}

/** `error` as a failure of the command, with `code` if the control plane refused it. */
export function explainRefusal(error: unknown, code: CliErrorCode = 'control_plane_refused'): unknown {
  if (!(error instanceof ControlPlaneRefusal)) return error
  const detail = error.message
  if (error.status === UNAUTHORIZED) {
    const hints = ['run "landfast login" again']
    return new CliError('credentials_refused', { detail, hints, cause: error })
  }
  return new CliError(code, { detail, hints: [adviceFor(error)], cause: error })
}

/** Whether `error` is the control plane's refusal of this name. */
export function isRefusal(error: unknown, code: string): boolean {
  return error instanceof ControlPlaneRefusal && error.code === code
}

function adviceFor({ code, status }: ControlPlaneRefusal): string {
  const advice = ADVICE[code]
  if (advice) return advice
  if (status === TOO_MANY_REQUESTS) return 'wait a minute and repeat the command'
  if (status >= SERVER_ERROR) return 'repeat the command; the log of the control plane says more'
  return `correct the command; docs/errors.md has "${code}"`
}
