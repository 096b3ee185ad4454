/**
 * The options of an emulator, checked.
 *
 * @module
 */

import { resourceOfScope, STYLE_NAMES, type StyleName } from '@landfast/protocol'
import { EmulatorError } from './emulator-error.ts'

/** The services that can be started beside an endpoint, by the names that `--with` takes. */
export const SERVICE_NAMES = ['azurite', 'key-vault', 'sql', 'service-bus', 'resource-manager'] as const

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
  /** Services beside it: `azurite`, which your project must have installed, `key-vault`, `sql`, `service-bus` and `resource-manager`. */
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

/** What Resource Manager takes for the name of a machine. */
const MACHINE_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,53}$/

/** And for that of a user-assigned identity. */
const IDENTITY_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{2,127}$/

/** What such a name is, in words. */
export const IDENTITY_NAME_FORM =
  '3 to 128 letters, digits, "-" and "_", of which the first is a letter or a digit'

/** Whether a user-assigned identity may be called `text`. */
export function isIdentityName(text: string): boolean {
  return IDENTITY_NAME.test(text)
}

/** Every option, so that a mistyped one is not taken for one that was left out. */
const OPTIONS = Object.keys({
  style: true,
  port: true,
  keyFolder: true,
  machine: true,
  identities: true,
  roles: true,
  services: true,
  secrets: true,
} satisfies Record<keyof EmulatorOptions, true>)

const IDENTITY_OPTIONS = Object.keys({
  name: true,
  roles: true,
  isAssigned: true,
} satisfies Record<keyof IdentityOptions, true>)

/**
 * Checks options, also those of programs without types, and fills in what is missing.
 *
 * @throws {EmulatorError} `option_invalid`, naming the option.
 */
export function checkOptions(options: EmulatorOptions): CheckedOptions {
  refuseUnknown(options, { what: 'the options', names: OPTIONS })
  const { style = 'app-service', port = 0, keyFolder, machine = 'emulator', roles = {} } = options
  const { services = [], secrets = {} } = options
  if (!STYLE_NAMES.includes(style)) refuse(`"style" must be one of ${STYLE_NAMES.join(', ')}`)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    refuse('"port" must be a whole number up to 65535')
  checkKeyFolder(keyFolder, style)
  checkMachine(machine)
  checkRoles(roles)
  checkServices(services)
  checkSecrets(secrets, services)
  return { style, port, keyFolder, machine, identities: checkIdentities(options), roles, services, secrets }
}

function checkKeyFolder(keyFolder: unknown, style: StyleName): void {
  if (keyFolder === undefined) return
  if (typeof keyFolder !== 'string' || keyFolder === '') refuse('"keyFolder" must be a path')
  if (style !== 'arc') refuse('"keyFolder" is of no use without the style "arc"')
}

function checkIdentities({ identities = [] }: EmulatorOptions): Required<IdentityOptions>[] {
  if (!Array.isArray(identities)) refuse(`"identities" must be a list such as ['worker']`)
  const complete = identities.map(completeIdentity)
  const names = complete.map(({ name }) => name.toLowerCase())
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined) refuse(`"identities" names "${twice}" twice`)
  return complete
}

function completeIdentity(given: string | IdentityOptions): Required<IdentityOptions> {
  const identity = typeof given === 'string' ? { name: given } : given
  refuseUnknown(identity, { what: 'an entry of "identities"', names: IDENTITY_OPTIONS })
  const { name, roles = {}, isAssigned = true } = identity
  checkIdentityName(name)
  checkRoles(roles)
  if (typeof isAssigned !== 'boolean') refuse('"isAssigned" must be true or false')
  return { name, roles, isAssigned }
}

function checkMachine(name: unknown): void {
  if (typeof name === 'string' && MACHINE_NAME.test(name)) return
  refuse(`"${String(name)}" is no name: 1 to 54 letters, digits, "-" and "_"`)
}

function checkIdentityName(name: unknown): void {
  if (typeof name === 'string' && isIdentityName(name)) return
  refuse(`"${String(name)}" is no name: ${IDENTITY_NAME_FORM}`)
}

function checkRoles(roles: unknown): void {
  const form = `{ 'api://orders': ['Orders.Read'] }`
  if (!isRecord(roles)) refuse(`"roles" must be an object such as ${form}`)
  for (const [audience, names] of Object.entries(roles)) {
    if (audience === '') refuse(`"roles" has an empty audience; write ${form}`)
    const meant = resourceOfScope(audience)
    if (meant !== undefined) refuse(`"roles" has the scope "${audience}"; write its audience, "${meant}"`)
    if (!Array.isArray(names) || !names.every((name) => typeof name === 'string' && name !== ''))
      refuse(`"roles" must have a list of names for "${audience}", as in ${form}`)
  }
}

function checkServices(services: unknown): void {
  if (!Array.isArray(services)) refuse(`"services" must be a list such as ['${SERVICE_NAMES.join(`', '`)}']`)
  const unknown = services.find((name) => !SERVICE_NAMES.includes(name))
  if (unknown !== undefined)
    refuse(`"${String(unknown)}" is no service; there are ${SERVICE_NAMES.join(', ')}`)
}

function checkSecrets(secrets: unknown, services: readonly ServiceName[]): void {
  if (!isRecord(secrets))
    refuse(`"secrets" must be an object such as { 'database-password': 'correct horse' }`)
  const other = Object.entries(secrets).find(([, value]) => typeof value !== 'string')
  if (other) refuse(`"secrets" must have a text for "${other[0]}"`)
  if (Object.keys(secrets).length > 0 && !services.includes('key-vault'))
    refuse('"secrets" is of no use without the service "key-vault"')
}

/** @throws {EmulatorError} `option_invalid` for what holds no variables. */
export function checkEnvironment(environment: unknown): void {
  if (!isRecord(environment))
    refuse('what "applyEnv" is given must be an object of variables, such as process.env')
}

function refuseUnknown(
  given: unknown,
  { what, names }: { what: string; names: readonly string[] },
): asserts given is object {
  if (!isRecord(given)) refuse(`${what} must be an object with ${names.join(', ')}`)
  const unknown = Object.keys(given).find((name) => !names.includes(name))
  if (unknown !== undefined) refuse(`"${unknown}" is no option; there are ${names.join(', ')}`)
}

function isRecord(given: unknown): given is Readonly<Record<string, unknown>> {
  return typeof given === 'object' && given !== null && !Array.isArray(given)
}

function refuse(reason: string): never {
  throw new EmulatorError('option_invalid', reason)
}
