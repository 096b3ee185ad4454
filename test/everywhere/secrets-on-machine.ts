/**
 * What of a machine's files is secret, told from outside: private keys, signed tokens with their lifetime, and settings or fields
 * whose names speak of a secret.
 *
 * @module
 */

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { decodeJwt } from 'jose'

/** What was found; each by the path of its file. */
export interface SecretsFound {
  privateKeys: string[]
  tokens: { file: string; audience: unknown; seconds: number }[]
  /** Names such as `clientSecret`, which have a value. */
  named: string[]
  /** Those of the secrets that were given to look for which are there. */
  known: string[]
}

const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----|"d"\s*:/g

const TOKEN = /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g

const NAMED =
  /\b\w*(?:secret|password|passphrase|api_?key|refresh_?token|join_?token|access_?key)\w*["']?\s*[:=]/gi

/** Looks through all files below `places`, links not followed. */
export function findSecrets(places: readonly string[], known: readonly string[]): SecretsFound {
  const found: SecretsFound = { privateKeys: [], tokens: [], named: [], known: [] }
  for (const file of places.flatMap(filesBelow)) {
    const text = readFileSync(file, 'utf8')
    for (const _ of text.matchAll(PRIVATE_KEY)) found.privateKeys.push(file)
    for (const [token] of text.matchAll(TOKEN)) found.tokens.push({ file, ...lifeOf(token) })
    for (const [name] of text.matchAll(NAMED)) found.named.push(`${file}: ${name}`)
    if (known.some((secret) => text.includes(secret))) found.known.push(file)
  }
  return found
}

function filesBelow(place: string): string[] {
  if (!statSync(place).isDirectory()) return [place]
  const entries = readdirSync(place, { withFileTypes: true, recursive: true })
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
}

function lifeOf(token: string): { audience: unknown; seconds: number } {
  const { aud, exp = Number.POSITIVE_INFINITY } = decodeJwt(token)
  return { audience: aud, seconds: Math.ceil(exp - Date.now() / 1000) }
}
