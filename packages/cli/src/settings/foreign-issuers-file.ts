/**
 * The YAML file that allows single issuers of federated credentials private networks and private CAs. It is read
 * strictly, since it decides which addresses the control plane contacts.
 *
 * @see docs/federation.md
 * @module
 */

import { dirname } from 'node:path'
import type { ForeignIssuerOptions, ForeignIssuers } from '@landfast/control-plane'
import { parse } from 'yaml'
import { CliError } from '../cli-error.ts'
import { readTrustedFile } from '../files/trusted-file.ts'
import { readPath } from '../flags.ts'
import { meantHint } from '../usage/similar-name.ts'

/**
 * The issuers in the file at `path`.
 *
 * @throws {CliError} `config_unreadable`, `config_open` or `config_invalid`.
 */
export async function readForeignIssuers(path: string): Promise<ForeignIssuers> {
  const issuers = readMap(parseYaml(await readTrustedFile(path), path), `${path}: the file`)
  const entries = Object.entries(issuers).map(async ([issuer, allowed]) => {
    return [issuer, await readIssuer(allowed, `${path}: "${issuer}"`, dirname(path))] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

function parseYaml(text: string, path: string): unknown {
  try {
    return parse(text, { uniqueKeys: true }) ?? {}
  } catch (cause) {
    throw invalid(`${path}: ${(cause as Error).message.split('\n')[0]}`)
  }
}

async function readIssuer(value: unknown, place: string, folder: string): Promise<ForeignIssuerOptions> {
  const { networks = [], 'ca-file': caFile, ...unknown } = readMap(value, place)
  const [name] = Object.keys(unknown)
  if (name !== undefined)
    throw invalid(`${place} has the unknown key "${name}"`, meantHint(name, ['networks', 'ca-file']))
  if (!isTexts(networks)) throw invalid(`${place}: "networks" must be a list, such as [10.1.0.0/16]`)
  if (caFile === undefined) return { networks }
  return { networks, ca: await readTrustedFile(caFileOf(caFile, place, folder)) }
}

/** A relative path is meant from the folder of the file that holds it. */
function caFileOf(value: unknown, place: string, folder: string): string {
  if (typeof value !== 'string') throw invalid(`${place}: "ca-file" must be a path`)
  try {
    return readPath(value, folder)
  } catch (cause) {
    throw invalid(`${place}: "ca-file" ${(cause as Error).message}`)
  }
}

function readMap(value: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>
  }
  throw invalid(`${place} must hold keys and values`)
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function invalid(what: string, hint?: string): CliError {
  return new CliError('config_invalid', { detail: what, hints: hint === undefined ? [] : [hint] })
}
