/**
 * The machine that `connect` makes, and its right to do so: a join token, or a place in a subscription and a
 * credential.
 *
 * @module
 */

import { hostname } from 'node:os'
import { type JoinToken, parseJoinToken } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import type { ControlPlaneCredential } from '../control-plane/control-plane-token.ts'
import { readCorrelationId } from '../control-plane/correlation.ts'
import {
  type CredentialFlags,
  readCredential,
  readSecret,
  warnOfArgument,
} from '../control-plane/credential-flags.ts'
import { readTrust, type Trust } from '../control-plane/trusted-ca.ts'
import type { Environment } from '../environment.ts'
import { required } from '../flags.ts'
import { ownNameOf } from './machine-name.ts'
import { parseTags, type Tags } from './tags.ts'

/** The flags of the command, as commander reads them. */
export interface ConnectFlags extends CredentialFlags {
  subscriptionId?: string
  resourceGroup?: string
  location?: string
  resourceName?: string
  tenantId?: string
  tags?: string
  joinToken?: string
  joinTokenFile?: string
  url?: string
  caFile?: string
  useSystemCa?: true
  correlationId?: string
}

/** What every machine is told. */
export interface Machine {
  name: string
  location: string | undefined
  tags: Tags
  /** By which the control plane logs its requests. */
  correlationId?: string | undefined
}

/** Where the machine is made through Resource Manager, and by whom. */
export interface ResourceTarget extends Machine {
  url: string
  trust: Trust
  tenantId: string | undefined
  subscriptionId: string
  resourceGroup: string
  location: string
  credential: ControlPlaneCredential
}

/** A machine that lets itself in. */
export interface JoinTarget extends Machine {
  token: JoinToken
  /** By what the control plane is known beside what the token pins. */
  trust?: Trust
}

/** The variable that holds a join token itself. */
const JOIN_TOKEN_VARIABLE = 'LANDFAST_JOIN_TOKEN'

/**
 * Reads `flags`, files and variables.
 *
 * @throws {CliError} `argument_missing`, `argument_invalid` or those of files.
 */
export async function readTarget(
  flags: ConnectFlags,
  environment: Environment,
): Promise<JoinTarget | ResourceTarget> {
  const tags = parseTags(flags.tags)
  const name = flags.resourceName ?? ownNameOf(hostname())
  const correlationId = readCorrelationId(flags.correlationId)
  const machine = { name, tags, location: flags.location, correlationId }
  const trust = await readTrust(flags)
  const credential = await readCredential(flags, environment)
  const token = await readJoinToken(flags, environment, credential !== undefined)
  if (token && credential) throw new CliError('argument_invalid', { detail: BOTH })
  if (token) return joinTarget(flags, { ...machine, token, trust })
  if (credential) return await resourceTarget(flags, { ...machine, trust, credential })
  throw new CliError('argument_missing', {
    detail: 'nothing says by which right this machine is connected',
    hints: [
      `give --join-token-file or the variable ${JOIN_TOKEN_VARIABLE}; an administrator makes one with "landfast join-token create"`,
      'or --service-principal-id with --service-principal-secret-file, or --access-token-file',
    ],
  })
}

const BOTH = 'a join token and another credential are both given; keep one of them'

/** The variable counts only where no flag says otherwise. */
async function readJoinToken(
  { joinToken, joinTokenFile }: ConnectFlags,
  environment: Environment,
  hasCredential: boolean,
): Promise<JoinToken | undefined> {
  if (joinToken !== undefined) warnOfArgument('--join-token')
  const variable = hasCredential ? undefined : environment[JOIN_TOKEN_VARIABLE] || undefined
  const text = joinToken ?? (joinTokenFile === undefined ? variable : await readSecret(joinTokenFile))
  if (text === undefined) return undefined
  const token = parseJoinToken(text)
  if (token) return token
  throw new CliError('argument_invalid', {
    detail: 'the join token is not whole: it begins with "lfjt1." and has no spaces in it',
    hints: ['copy it again, or make a new one with "landfast join-token create"'],
  })
}

/** What the token says is not for flags to say otherwise. */
function joinTarget(flags: ConnectFlags, target: JoinTarget): JoinTarget {
  const given = (['subscriptionId', 'resourceGroup', 'tenantId', 'url'] as const).find(
    (name) => flags[name] !== undefined,
  )
  if (given === undefined) return target
  const flag = `--${given.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  throw new CliError('argument_invalid', { detail: `"${flag}" cannot be given: the join token says it` })
}

async function resourceTarget(
  flags: ConnectFlags,
  machine: Machine & Pick<ResourceTarget, 'credential' | 'trust'>,
): Promise<ResourceTarget> {
  return {
    ...machine,
    url: originOf(required(flags, 'url', '--url')),
    tenantId: flags.tenantId,
    subscriptionId: required(flags, 'subscriptionId', '--subscription-id'),
    resourceGroup: required(flags, 'resourceGroup', '--resource-group'),
    location: required(flags, 'location', '--location'),
  }
}

/** The origin of the control plane at `text`. @throws {CliError} `argument_invalid`. */
export function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'https:' && url.origin === text.replace(/\/$/, '')) return url.origin
  const detail = `"--url" must be an address such as "https://id.example.com:8443", not "${text}"`
  throw new CliError('argument_invalid', { detail })
}
