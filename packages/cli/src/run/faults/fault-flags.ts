/**
 * The flag `--fault` of the commands that start an endpoint of their own, and what `landfast fault` is told.
 *
 * @see docs/emulator.md#faults
 * @module
 */

import { describeFaults, EmulatorError, type FaultOptions, readFaults } from '@landfast/emulator/faults'
import { CliError } from '../../cli-error.ts'

/** One fault or scenario as it was typed, or an identity that is given or taken away. */
export type GivenFault = { text: string } & (
  | { faults: readonly FaultOptions[]; identity?: undefined }
  | { faults?: undefined; identity: IdentityChange }
)

/** An identity, and whether the machine is to have it. */
export interface IdentityChange {
  name: string
  isAssigned: boolean
}

const IDENTITY_CHANGE = /^(assign|unassign)=(.*)$/s

/** What else than faults may be said, for people who mistype it. */
const IDENTITY_HINT =
  'or unassign=NAME, which takes a user-assigned identity away, and assign=NAME, which gives it back'

/** Every one in `texts`, in their order. `what` names where they stand. @throws {CliError} `argument_invalid`. */
export function readFaultTexts(texts: readonly string[], what = '"--fault"'): readonly GivenFault[] {
  try {
    return texts.map(readGiven)
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error
    const hints = [...describeFaults(), IDENTITY_HINT]
    throw new CliError('argument_invalid', { detail: `${what}: ${error.message}`, hints })
  }
}

function readGiven(text: string): GivenFault {
  const [, verb, name = ''] = IDENTITY_CHANGE.exec(text) ?? []
  return verb === undefined
    ? { text, faults: readFaults(text) }
    : { text, identity: { name, isAssigned: verb === 'assign' } }
}

/** The faults alone. */
export function faultsOf(given: readonly GivenFault[]): readonly FaultOptions[] {
  return given.flatMap(({ faults = [] }) => faults)
}

/** The names of the identities that the machine has not from the start. @throws {CliError} if one is not in `names`. */
export function unassignedOf(given: readonly GivenFault[], names: readonly string[]): readonly string[] {
  const changes = given.flatMap(({ identity }) => identity ?? [])
  const unknown = changes.find(({ name }) => !names.includes(name))
  if (unknown) {
    const detail = `"--fault": the machine has no identity "${unknown.name}"`
    throw new CliError('argument_invalid', { detail, hints: [`name it first: --identity ${unknown.name}`] })
  }
  const last = new Map(changes.map(({ name, isAssigned }) => [name, isAssigned]))
  return [...last.keys()].filter((name) => !last.get(name))
}
