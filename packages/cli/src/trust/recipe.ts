/**
 * What a recipe is: the commands for the other side, and the files and variables of the application. What only its
 * reader knows stands in capitals.
 *
 * @module
 */

import type { Document } from './issuer-seen.ts'

/** What a recipe is written from. */
export interface RecipeFacts {
  issuer: string
  /** Where the issuer's keys are. */
  jwksUri: string
  /** They themselves. */
  keys: readonly Document[]
  audience: string
  /** The object id of the identity, which is `sub` of its tokens. */
  subject: string
  /** Its client id, by which an endpoint is asked for it. */
  clientId: string
  /** Whether the other side is given the keys because it cannot fetch them. */
  uploads: boolean
  /** The CA of the issuer and the file that holds it, if it is a private one. */
  ca: { file: string; pem: string } | undefined
  /** Where `landfast` is on the host of the application. */
  program: string
}

/** A file, whole, or what is to be added to one. */
export interface RecipeFile {
  path: string
  /** Whose it is, in a few words. */
  what: string
  content: string
}

/** What to do. */
export interface Recipe {
  /** For the administrator of the other side. */
  commands: readonly string[]
  files: readonly RecipeFile[]
  /** Of the application. */
  variables: Readonly<Record<string, string>>
  /** What stands in capitals in it, each with what it means. */
  blanks: Blanks
}

/** What only the reader knows, by the capitals that stand for it. */
export type Blanks = Readonly<Record<string, string>>

/** Where the agent writes token files. */
export const TOKEN_FOLDER = '/run/landfast/tokens'

/** The modulus of an RSA key of 16,384 bits has 2,731. */
const MEMBER_MAX_CHARACTERS = 3000

/** None of the targets takes more. */
const KEYS_MAX = 100

/** A word of a shell's command line, quoted where it must be. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/** Without the drop-in the agent gives files to no other user. */
const FOR_AGENT = 'add the entry to the settings of the agent, which needs the drop-in token-files.conf'

/** The blank of {@link tokenFileSetting}. */
export const APP_USER: Blanks = { APP_USER: 'the user of the application' }

/** JSON as people write it. */
export function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** What has to stand in the agent's settings for the token file `name`. */
export function tokenFileSetting(name: string, audience: string): RecipeFile {
  const content = `token-files:\n  - path: ${TOKEN_FOLDER}/${name}\n    audience: ${JSON.stringify(audience)}\n    owner: APP_USER\n`
  return { path: '/etc/landfast/agent.yaml', what: FOR_AGENT, content }
}

/** The CA as the file that the commands name; nothing where the public ones vouch. */
export function caFile(ca: RecipeFacts['ca']): RecipeFile[] {
  return ca ? [{ path: ca.file, what: 'the CA of the issuer, which the commands name', content: ca.pem }] : []
}

/** The members that make a public key; some readers refuse any other. */
export function publicMembers({ kty, alg = 'RS256', use, kid, n, e, crv, x, y }: Document): Document {
  return kty === 'EC' ? { kty, alg, use, kid, crv, x, y } : { kty, alg, use, kid, n, e }
}

/** Of a hostile issuer's keys those that can be written down: at most as many, and as long, as a reader takes. */
export function writableKeys(keys: readonly Document[]): readonly Document[] {
  const isShort = (value: unknown) => typeof value !== 'string' || value.length <= MEMBER_MAX_CHARACTERS
  const isFlat = (value: unknown) => value === null || typeof value !== 'object'
  const isPlain = (key: Document) =>
    Object.values(publicMembers(key)).every((value) => isFlat(value) && isShort(value))
  return keys.slice(0, KEYS_MAX).filter(isPlain)
}

/** `recipe` with `values` in the place of its blanks; those that are left over stay. */
export function filledIn({ commands, files, variables, blanks }: Recipe, values: Blanks): Recipe {
  const names = Object.keys(blanks).filter((name) => Object.hasOwn(values, name))
  const fill = (text: string) =>
    names.reduce((filled, name) => filled.replaceAll(blankOf(name), () => values[name] ?? name), text)
  return {
    commands: commands.map(fill),
    files: files.map(({ path, what, content }) => ({ path: fill(path), what, content: fill(content) })),
    variables: Object.fromEntries(Object.entries(variables).map(([name, text]) => [name, fill(text)])),
    blanks: Object.fromEntries(Object.entries(blanks).filter(([name]) => !names.includes(name))),
  }
}

/** Finds `name` as a word of its own, also behind a slash that is encoded in a URL. */
export function blankOf(name: string): RegExp {
  return new RegExp(`(?:\\b|(?<=%[0-9A-F]{2}))${name}\\b`, 'g')
}
