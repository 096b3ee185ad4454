/**
 * The options of an emulator, checked.
 *
 * @module
 */

import { STYLE_NAMES, type StyleName } from '@landfast/protocol'
import { EmulatorError } from './emulator-error.ts'

/** The services that can be started beside an endpoint, by the names that `--with` takes. */
export const SERVICE_NAMES = ['azurite', 'key-vault', 'sql', 'resource-manager'] as const

/** One of them. */
export type ServiceName = (typeof SERVICE_NAMES)[number]

/** App roles by the audience in whose tokens they stand. */
export type AppRoles = Readonly<Record<string, readonly string[]>>

/** What an emulator is to be like. */
export interface EmulatorOptions {
  /**
   * As what service it answers. Default `app-service`, which needs nothing of the host. Official SDKs take the key files of `arc`
   * from `/var/opt/azcmagent/tokens` alone, so tests in that style run under `landfast run --as arc`, or with a client that takes
   * another `keyFolder`.
   */
  style?: StyleName
  /** The port of the endpoint; default: a free one. */
  port?: number
  /** Where the key files of the Arc style are. */
  keyFolder?: string
  /** The machine's name. Default `emulator`. */
  machine?: string
  /** Its user-assigned identities, by names of the test's choice. */
  identities?: readonly (string | IdentityOptions)[]
  /** App roles of the machine's own identity: the claim `roles` of its tokens, by their audience. */
  roles?: AppRoles
  /** Services beside it: `azurite`, which your project must have installed, `key-vault`, `sql` and `resource-manager`. */
  services?: readonly ServiceName[]
  /** What the key vault holds from the start: values by the names of secrets. */
  secrets?: Readonly<Record<string, string>>
}

/** A user-assigned identity. */
export interface IdentityOptions {
  name: string
  /** App roles of this identity. */
  roles?: AppRoles
  /** Whether the machine has it from the start. Default: it has. */
  isAssigned?: boolean
}

/** The options with what was not given. */
export interface CheckedOptions {
  style: StyleName
  port: number
  keyFolder: string | undefined
  machine: string
  identities: readonly Required<IdentityOptions>[]
  roles: AppRoles
  services: readonly ServiceName[]
  secrets: Readonly<Record<string, string>>
}

/** What Resource Manager takes for the names of machines and identities. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,53}$/

/**
 * Checks options and fills in what is missing.
 *
 * @throws {EmulatorError} `option_invalid`, naming the option.
 */
export function checkOptions(options: EmulatorOptions): CheckedOptions {
  const { style = 'app-service', port = 0, keyFolder, machine = 'emulator', roles = {} } = options
  const { services = [], secrets = {} } = options
  const identities = (options.identities ?? []).map(completeIdentity)
  if (!STYLE_NAMES.includes(style)) refuse(`"style" must be one of ${STYLE_NAMES.join(', ')}`)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    refuse('"port" must be a whole number up to 65535')
  const unknown = services.find((name) => !SERVICE_NAMES.includes(name))
  if (unknown !== undefined) refuse(`"${unknown}" is no service; there are ${SERVICE_NAMES.join(', ')}`)
  if (Object.keys(secrets).length > 0 && !services.includes('key-vault'))
    refuse('"secrets" is of no use without the service "key-vault"')
  if (keyFolder !== undefined && style !== 'arc') refuse('"keyFolder" is of no use without the style "arc"')
  for (const name of [machine, ...identities.map(({ name }) => name)]) {
    if (!NAME.test(name)) refuse(`"${name}" is no name: 1 to 54 letters, digits, "-" and "_"`)
  }
  const names = identities.map(({ name }) => name.toLowerCase())
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined) refuse(`"identities" names "${twice}" twice`)
  return { style, port, keyFolder, machine, identities, roles, services, secrets }
}

function completeIdentity(given: string | IdentityOptions): Required<IdentityOptions> {
  const { name, roles = {}, isAssigned = true } = typeof given === 'string' ? { name: given } : given
  return { name, roles, isAssigned }
}

function refuse(reason: string): never {
  throw new EmulatorError('option_invalid', reason)
}
