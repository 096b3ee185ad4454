/**
 * The environment in which `landfast run` starts its command: nothing left that leads an SDK elsewhere, and
 * the variables that lead it to our endpoint.
 *
 * @module
 */

import { COMPETING_VARIABLES, noProxyValue } from '@landfast/protocol'
import type { Environment } from '../environment.ts'

const COMPETING: ReadonlySet<string> = new Set(COMPETING_VARIABLES)

/** The names in `environment` of variables that compete with our endpoint, in any case, sorted. */
export function competingVariables(environment: Environment): string[] {
  return Object.keys(environment)
    .filter((name) => COMPETING.has(name.toUpperCase()))
    .sort()
}

/** What the way into Landfast keeps for the command, since Landfast's own Node may not know these options. */
const KEPT_NODE_OPTIONS = 'LANDFAST_NODE_OPTIONS'

/** `own`, the variables of this process, as they were before Landfast was started under the Node that it brings. */
export function hostEnvironment(own: Environment): Environment {
  const { [KEPT_NODE_OPTIONS]: options, ...others } = own
  return options === undefined ? own : { ...others, NODE_OPTIONS: options }
}

/** `inherited` without the variables named in `removed`, with those that lead to us, past any proxy. */
export function childEnvironment(
  inherited: Environment,
  leading: Readonly<Record<string, string>>,
  removed: readonly string[],
): Record<string, string | undefined> {
  const kept = Object.entries(inherited).filter(([name]) => !removed.includes(name))
  return {
    ...Object.fromEntries(kept),
    ...pastProxies(inherited, leading),
  }
}

/** `leading`, the variables that lead to us, and with them past any proxy that `inherited` names. */
export function pastProxies(
  inherited: Environment,
  leading: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    ...leading,
    NO_PROXY: noProxyValue(inherited.NO_PROXY || inherited.no_proxy),
    no_proxy: noProxyValue(inherited.no_proxy || inherited.NO_PROXY),
  }
}
