/**
 * The flags of `landfast workload`, read into what they mean.
 *
 * @module
 */

import { isIPv6 } from 'node:net'
import { type FieldName, isNetwork, isWorkloadAddress, parseValue } from '@landfast/agent'
import { STYLES } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { parseWorkloadPlaces, type WorkloadPlace } from '../settings/setting-values.ts'
import type { FileOwner } from './secret-env-file.ts'

/** The values as they were given. @throws {CliError} `argument_invalid` if a rule could not have one. */
export function readValues(flag: string, field: FieldName, texts: readonly string[]): readonly string[] {
  for (const text of texts) {
    if (text === '') throw invalid(`"${flag}" must name something, not ""`)
    try {
      parseValue(field, text)
    } catch (cause) {
      throw invalid(`"${flag}" ${(cause as Error).message}, not "${text}"`)
    }
  }
  return texts
}

/** @throws {CliError} `argument_invalid`. */
export function readNetworks(texts: readonly string[]): readonly string[] {
  const wrong = texts.find((text) => !isNetwork(text))
  if (wrong === undefined) return texts
  throw invalid(`"--from" must be a network such as 10.88.0.0/16, or an address, not "${wrong}"`)
}

/** @throws {CliError} `argument_invalid` or `root_needed`. */
export function readOwner(text: string | undefined): FileOwner | undefined {
  if (text === undefined) return undefined
  const [, user = '', group = user] = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(text) ?? []
  if (user === '')
    throw invalid(`"--owner" must be the number of a user, or USER:GROUP in numbers, not "${text}"`)
  if (process.geteuid?.() !== 0) throw new CliError('root_needed', { detail: 'give a file to another user' })
  return { userId: Number(user), groupId: Number(group) }
}

/**
 * The URL at which a workload asks.
 *
 * @throws {CliError} `argument_invalid` or `argument_missing`.
 */
export function readEndpoint(address: string | undefined, listen: readonly WorkloadPlace[]): string {
  const place = address === undefined ? listen[0] : readPlace(address)
  if (!place) {
    const detail = 'there is no address at which workloads could ask'
    const hints = [
      'set "workload-listen" in the settings of the agent and name them with --config, or give --address',
    ]
    throw new CliError('argument_missing', { detail, hints })
  }
  const host = isIPv6(place.address) ? `[${place.address}]` : place.address
  return `http://${host}:${place.port}${STYLES['app-service'].path}`
}

function readPlace(text: string): WorkloadPlace | undefined {
  const place = parsePlace(text)
  if (!place || isWorkloadAddress(place.address)) return place
  throw invalid(
    `"--address" must be a private or loopback address, where the agent listens for workloads, not "${text}"`,
  )
}

function parsePlace(text: string): WorkloadPlace | undefined {
  try {
    return parseWorkloadPlaces(text)[0]
  } catch (cause) {
    throw invalid(`"--address" ${(cause as Error).message}`)
  }
}

function invalid(detail: string): CliError {
  return new CliError('argument_invalid', { detail })
}
