/**
 * Leads the program of this process to an endpoint: sets the variables, takes away those that lead elsewhere, and puts all back.
 *
 * @module
 */

import { competingVariables } from './leading-variables.ts'

/** Variables of a process, such as `process.env`, as they are changed. */
export type ChangingEnvironment = Record<string, string | undefined>

/** What of an environment one emulator replaced. */
type Replaced = Map<string, string | undefined>

/** Per environment, what each emulator that still leads it replaced, the last one at the end. */
const applied = new WeakMap<ChangingEnvironment, Replaced[]>()

/**
 * Sets `variables` in `environment`, whose competing ones go; the function that is returned puts all back. Those who lead
 * the same environment may end in any order: the last one leads it for as long as it lasts.
 */
export function applyVariables(
  environment: ChangingEnvironment,
  variables: Readonly<Record<string, string>>,
): () => void {
  const names = [...new Set([...competingVariables(environment), ...Object.keys(variables)])]
  const replaced: Replaced = new Map(names.map((name) => [name, environment[name]]))
  const layers = applied.get(environment) ?? []
  applied.set(environment, layers)
  layers.push(replaced)
  for (const name of names) setVariable(environment, name, variables[name])
  return () => putBack(environment, layers, replaced)
}

/** What a later one has replaced since is for that one to put back. */
function putBack(environment: ChangingEnvironment, layers: Replaced[], replaced: Replaced): void {
  const index = layers.indexOf(replaced)
  if (index < 0) return
  layers.splice(index, 1)
  for (const [name, value] of replaced) {
    const later = layers.slice(index).find((layer) => layer.has(name))
    if (later) later.set(name, value)
    else setVariable(environment, name, value)
  }
}

/** `process.env` would take undefined for a text. */
function setVariable(environment: ChangingEnvironment, name: string, value: string | undefined): void {
  if (value === undefined) delete environment[name]
  else environment[name] = value
}
