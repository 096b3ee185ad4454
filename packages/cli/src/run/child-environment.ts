/**
 * The environment in which `landfast run` starts its command: nothing left that leads an SDK elsewhere, and
 * the variables that lead it to our endpoint.
 *
 * @module
 */

import { pastProxies } from '@landfast/emulator/environment'
import type { Environment } from '../environment.ts'

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
