/**
 * The environment of a program that is to find our endpoint: nothing left that leads an SDK elsewhere, and no proxy between.
 *
 * @see docs/command-line.md
 * @module
 */

import { COMPETING_VARIABLES, noProxyValue } from '@landfast/protocol'

/** Variables by their names; undefined is not set. */
export type Environment = Readonly<Record<string, string | undefined>>

const COMPETING: ReadonlySet<string> = new Set(COMPETING_VARIABLES)

/** The names in `environment` of variables that compete with our endpoint, in any case, sorted. */
export function competingVariables(environment: Environment): string[] {
  return Object.keys(environment)
    .filter((name) => COMPETING.has(name.toUpperCase()))
    .sort()
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
