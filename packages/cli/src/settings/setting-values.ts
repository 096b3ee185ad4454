/**
 * Reads the texts of settings. The errors complete the sentence that begins with the setting's name.
 *
 * @module
 */

import { isIP, isIPv6 } from 'node:net'
import { parseAudiencePattern, resourceOfScope } from '@landfast/protocol'
import { readPath } from '../flags.ts'

/** A port number; 0 is any free one. */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65535)) throw new TypeError(`must be a port from 0 to 65535, not "${text}"`)
  return port
}

/** A host and a port; an IPv6 address stands in brackets. Undefined if `text` is something else. */
export function readHostPort(text: string): { host: string; port: number } | undefined {
  const [, host, port] = /^(?:\[([^\]]+)\]|[^:[\]]+):(\d+)$/.exec(text) ?? []
  return port === undefined
    ? undefined
    : { host: host ?? text.slice(0, text.lastIndexOf(':')), port: parsePort(port) }
}

/** A whole number. */
export function parseWholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new TypeError(`must be a whole number, not "${text}"`)
  return Number(text)
}

/** Whether something is wanted. */
export function parseYesOrNo(text: string): boolean {
  if (['yes', 'true'].includes(text)) return true
  if (['no', 'false'].includes(text)) return false
  throw new TypeError(`must be yes or no, not "${text}"`)
}

/** The absolute path that is meant in `folder`. */
export function parsePath(text: string, folder: string): string {
  return readPath(text, folder)
}

/** The absolute path that is meant in `folder`, or nothing. */
export function parseOptionalPath(text: string, folder: string): string | undefined {
  return text === '' ? undefined : readPath(text, folder)
}

/** Any text, or nothing. */
export function parseOptionalText(text: string): string | undefined {
  return text === '' ? undefined : text
}

/** Audiences separated by commas: resources, since no token is for a scope. */
export function parseAudiences(text: string): string[] {
  const audiences = parseList(text)
  const scope = audiences.find((audience) => resourceOfScope(audience) !== undefined)
  if (scope !== undefined)
    throw new TypeError(`holds resources, which no "/.default" follows, not "${scope}"`)
  return audiences
}

/** Texts separated by commas. */
export function parseList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** Audiences, each perhaps with a star at its end. */
export function parseAudiencePatterns(text: string): string[] {
  return parseList(text).map((pattern) => {
    try {
      return parseAudiencePattern(pattern)
    } catch (cause) {
      throw new TypeError(`has "${pattern}", which ${(cause as Error).message}`)
    }
  })
}

/** An address and a port at which workloads ask. */
export interface WorkloadPlace {
  address: string
  port: number
}

/** Such places, separated by commas, each once. Whether the agent may listen there, it says at its start. */
export function parseWorkloadPlaces(text: string): WorkloadPlace[] {
  const places = parseList(text).map(parseWorkloadPlace)
  return [...new Map(places.map((place) => [`${place.address} ${place.port}`, place])).values()]
}

function parseWorkloadPlace(text: string): WorkloadPlace {
  const [, bracketed = '', plain = '', digits = ''] =
    /^(?:\[(?!::ffff:)([\da-f:]+)\]|([\d.]+)):(\d{1,5})$/i.exec(text) ?? []
  const port = Number(digits)
  const address = isIPv6(bracketed) ? new URL(`http://[${bracketed}]`).hostname.slice(1, -1) : plain
  if (isIP(address) !== 0 && port > 0 && port <= 65535) return { address, port }
  throw new TypeError(`must be an address of this host and a port, such as 10.88.0.1:40343, not "${text}"`)
}
