/**
 * Leads the program of this process to an endpoint: sets the variables, takes away those that lead elsewhere, and puts all back.
 *
 * @module
 */

import { competingVariables } from './leading-variables.ts'

/** Variables of a process, such as `process.env`, as they are changed. */
export type ChangingEnvironment = Record<string, string | undefined>

/** Sets `variables` in `environment`, whose competing ones go; the function that is returned puts all back. */
export function applyVariables(
  environment: ChangingEnvironment,
  variables: Readonly<Record<string, string>>,
): () => void {
  const names = [...new Set([...competingVariables(environment), ...Object.keys(variables)])]
  const before = names.map((name) => [name, environment[name]] as const)
  for (const name of names) setVariable(environment, name, variables[name])
  return () => {
    for (const [name, value] of before) setVariable(environment, name, value)
  }
}

/** `process.env` would take undefined for a text. */
function setVariable(environment: ChangingEnvironment, name: string, value: string | undefined): void {
  if (value === undefined) delete environment[name]
  else environment[name] = value
}
