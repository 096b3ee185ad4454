/**
 * The flags by which a whole application runs: services beside the endpoint, what the key vault holds, and app roles.
 *
 * @see docs/emulator.md#whole-applications
 * @module
 */

import { readFile } from 'node:fs/promises'
import { SERVICE_NAMES, type ServiceName } from '@landfast/emulator/environment'
import { resourceOfScope } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'

/** As commander reads them. */
export interface ApplicationFlags {
  with?: readonly string[]
  secrets?: string
  role?: readonly string[]
}

/** What is to run beside the endpoint, and which roles the machine has. */
export interface Application {
  names: readonly ServiceName[]
  secrets: Readonly<Record<string, string>>
  /** App roles by their audiences. */
  roles: Readonly<Record<string, readonly string[]>>
}

/** The roles by which a program may do all with what a service has, unless other roles are named. */
const SERVICE_ROLES: Partial<Record<ServiceName, Application['roles']>> = {
  'key-vault': { 'https://vault.azure.net': ['Key Vault Secrets Officer'] },
  'service-bus': { 'https://servicebus.azure.net': ['Azure Service Bus Data Owner'] },
}

/** What `flags` say. @throws {CliError} `argument_invalid`, `config_unreadable`, `config_invalid`. */
export async function readApplicationFlags(flags: ApplicationFlags): Promise<Application> {
  const names = (flags.with ?? []).flatMap((text) => text.split(',')).map(readName)
  if (flags.secrets !== undefined && !names.includes('key-vault')) {
    const hints = ['add "--with key-vault"']
    throw new CliError('argument_invalid', { detail: '"--secrets" is of no use without a key vault', hints })
  }
  const secrets = flags.secrets === undefined ? {} : await readSecrets(flags.secrets)
  const roles = readRoles(flags.role ?? [], '--role')
  const ofServices = names.map((name) => SERVICE_ROLES[name] ?? {})
  return { names, secrets, roles: Object.assign({}, ...ofServices, roles) }
}

function readName(text: string): ServiceName {
  const name = SERVICE_NAMES.find((one) => one === text.trim())
  if (name) return name
  const hints = [`there are: ${SERVICE_NAMES.join(', ')}`]
  throw new CliError('argument_invalid', { detail: `"--with": "${text}" is no service`, hints })
}

/**
 * The roles by their audiences that `flag` names. An audience ends at the last "=", since it may have others and no role has one.
 *
 * @throws {CliError} `argument_invalid`.
 */
export function readRoles(
  texts: readonly string[],
  flag: '--role' | '--identity-role',
): Record<string, string[]> {
  const roles: Record<string, string[]> = {}
  for (const text of texts) {
    const [, audience, role] = /^(.+)=([^=]+)$/.exec(text) ?? []
    if (audience === undefined || role === undefined) {
      const name = flag === '--role' ? '' : 'worker='
      const hints = [`write it as in "${name}https://vault.azure.net=Key Vault Secrets User"`]
      throw new CliError('argument_invalid', {
        detail: `"${flag}": "${text}" is no audience with a role`,
        hints,
      })
    }
    const meant = resourceOfScope(audience)
    if (meant !== undefined) {
      const hints = [`write its audience: "${meant}=${role}"`]
      throw new CliError('argument_invalid', { detail: `"${flag}": "${audience}" is a scope`, hints })
    }
    roles[audience] = [...(roles[audience] ?? []), role]
  }
  return roles
}

async function readSecrets(file: string): Promise<Record<string, string>> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new CliError('config_unreadable', { detail: file, cause })
  })
  const secrets = parse(text)
  if (secrets && Object.values(secrets).every((value) => typeof value === 'string')) return secrets
  // What could not be read is not repeated, since it holds secrets.
  const hints = ['write it as in {"database-password": "…"}']
  throw new CliError('config_invalid', { detail: `"${file}" is no JSON object of texts`, hints })
}

function parse(text: string): Record<string, string> | undefined {
  try {
    // Some editors put a mark of the byte order in front.
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, string>) : undefined
  } catch {
    return undefined
  }
}
