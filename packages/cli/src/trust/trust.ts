/**
 * `landfast trust`: looks at the issuer of our tokens as another side would, says what it would refuse, and prints how it
 * comes to trust an identity.
 *
 * @see docs/clouds.md
 * @module
 */

import { existsSync } from 'node:fs'
import { CliError } from '../cli-error.ts'
import { COMMAND_FILE, PACKAGED_COMMAND } from '../installation/service-places.ts'
import { printNote, printResult } from '../terminal.ts'
import { judgeIssuer, type TrustFinding } from './issuer-findings.ts'
import { lookAtIssuer } from './issuer-look.ts'
import { mustUpload } from './issuer-reach.ts'
import { type IssuerSeen, jwksUriIn, keysOf } from './issuer-seen.ts'
import { lookAtOwnSide, type OwnFlags, type OwnSide, UNNAMED } from './own-issuer.ts'
import { type Blanks, blankOf, filledIn, type Recipe, type RecipeFacts, writableKeys } from './recipe.ts'
import type { TargetName } from './target-names.ts'
import { TARGETS, type Target } from './targets.ts'

/** The flags of the command, as commander reads them. */
export interface TrustTargetFlags extends OwnFlags {
  issuer?: string
  audience?: string
  identity?: string
  set?: string[]
  json?: true
}

/** The exit code where something would be refused. */
const REFUSED = 1

/** Prints findings and recipe. */
export async function trust(name: TargetName, flags: TrustTargetFlags): Promise<number> {
  const target: Target = TARGETS[name]
  const values = readValues(flags.set ?? [])
  refuseStrange({ '--audience': flags.audience, '--identity': flags.identity })
  const side = await lookAtOwnSide(flags)
  const issuer = issuerOf(flags, side)
  const seen: IssuerSeen = { ...(await lookAtIssuer(issuer, side)), own: side.own }
  const findings = judgeIssuer(target, seen)
  const recipe = recipeOf(target, { flags, side, seen, values })
  if (flags.json) printResult(JSON.stringify({ target: name, issuer, findings, ...recipe }))
  else print(target, { issuer, findings, recipe })
  return findings.some(({ outcome }) => outcome === 'refused') ? REFUSED : 0
}

/** @throws {CliError} `argument_missing`. */
function issuerOf({ issuer }: TrustTargetFlags, { own }: OwnSide): string {
  if (issuer !== undefined) return issuer
  if ('issuer' in own) return own.issuer
  throw new CliError('argument_missing', {
    detail: 'the issuer is not known here',
    hints: [...(own.unseen === UNNAMED ? [] : [own.unseen]), `${UNNAMED}, or the issuer with --issuer`],
  })
}

/** What means itself in a shell, in JSON, in YAML and in a URL. */
const PLAIN_VALUE = /^[\w@%+=:,./-]+$/

/** `NAME=VALUE` of each. @throws {CliError} `argument_invalid`. */
function readValues(texts: readonly string[]): Blanks {
  const pairs = texts.map((text) => {
    const [, name, value] = /^([A-Z][A-Z_]*)=(.+)$/s.exec(text) ?? []
    if (name === undefined || value === undefined) throw invalid(`"${text}" is not of the form NAME=VALUE`)
    if (!PLAIN_VALUE.test(value))
      throw invalid(`"${text}" has a character that a shell or a file would read otherwise`)
    return [name, value] as const
  })
  return Object.fromEntries(pairs)
}

/** @throws {CliError} `argument_invalid`: the recipe would hold something else. */
function refuseStrange(given: Readonly<Record<string, string | undefined>>): void {
  for (const [flag, value] of Object.entries(given)) {
    if (value === undefined || PLAIN_VALUE.test(value)) continue
    throw invalid(`the value of "${flag}" has a character that a shell or a file would read otherwise`)
  }
}

function invalid(detail: string): CliError {
  return new CliError('argument_invalid', { detail })
}

const SUBJECT = 'SUBJECT'
const CLIENT_ID = 'CLIENT_ID'

/** The identity that is trusted: the named one, or else that of the machine. */
function identityOf(
  { identity }: TrustTargetFlags,
  { machine }: OwnSide,
): { subject: string; clientId: string } {
  const own = machine?.identity
  if (identity === undefined || identity === own?.principalId) {
    return { subject: own?.principalId ?? SUBJECT, clientId: own?.clientId ?? CLIENT_ID }
  }
  return { subject: identity, clientId: CLIENT_ID }
}

const IDENTITY_BLANKS: Blanks = {
  [SUBJECT]: 'the object id of the identity; --identity gives it',
  [CLIENT_ID]: 'its client id',
}

function recipeOf(
  target: Target,
  about: { flags: TrustTargetFlags; side: OwnSide; seen: IssuerSeen; values: Blanks },
): Recipe {
  const { flags, side, seen, values } = about
  const { configuration, keySet, issuer, own } = seen
  const isPrivate = 'trustedBy' in configuration && configuration.trustedBy === 'private'
  const facts: RecipeFacts = {
    issuer,
    jwksUri: jwksUriIn(configuration) ?? `${issuer.replace(/\/$/, '')}/discovery/keys`,
    keys: 'keys' in own ? own.keys : 'document' in keySet ? writableKeys(keysOf(keySet.document)) : [],
    audience: flags.audience ?? target.audience,
    ...identityOf(flags, side),
    uploads: mustUpload(target, seen),
    ca: isPrivate && side.ca !== undefined ? { file: flags.caFile ?? 'ca.pem', pem: side.ca } : undefined,
    program: [PACKAGED_COMMAND, COMMAND_FILE].find((path) => existsSync(path)) ?? PACKAGED_COMMAND,
  }
  const recipe = target.recipe(facts)
  const blanks = Object.entries(IDENTITY_BLANKS).filter(([name]) => isIn(recipe, name))
  return filledIn({ ...recipe, blanks: { ...Object.fromEntries(blanks), ...recipe.blanks } }, values)
}

function isIn({ commands, files, variables }: Recipe, name: string): boolean {
  const texts = [...commands, ...files.map(({ content }) => content), ...Object.values(variables)]
  return texts.some((text) => blankOf(name).test(text))
}

function print(
  target: Target,
  { issuer, findings, recipe }: { issuer: string; findings: readonly TrustFinding[]; recipe: Recipe },
): void {
  printResult(`${target.title} and the issuer ${issuer}`)
  for (const { check, outcome, detail } of findings) {
    printResult(`${outcome.padEnd('refused'.length)}  ${check.padEnd('issuer-equal'.length)}  ${detail}`)
  }
  printRecipe(recipe)
  for (const [name, meaning] of Object.entries(recipe.blanks)) printNote(`${name} stands for ${meaning}`)
}

function printRecipe({ commands, files, variables }: Recipe): void {
  printResult('')
  for (const command of commands) printResult(command)
  for (const { path, what, content } of files) {
    printResult('')
    printResult(`# ${path}: ${what}`)
    for (const line of content.trimEnd().split('\n')) printResult(line)
  }
  if (Object.keys(variables).length === 0) return
  printResult('')
  printResult('# variables of the application')
  for (const [name, value] of Object.entries(variables)) printResult(`${name}=${value}`)
}
