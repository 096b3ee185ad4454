/**
 * `landfast service-principal`: applications that get tokens by their own secret or certificate.
 *
 * @see docs/authority.md
 * @module
 */

import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { CliError } from '../cli-error.ts'
import { openSecretPlace, type SecretFlags } from '../files/kept-secret.ts'
import { printNote } from '../terminal.ts'
import { readSpanSeconds } from '../usage/span.ts'
import { type AnswerFlags, type Column, printDone, printFacts, printTable } from './answer.ts'
import { type ConfirmationFlags, confirm } from './confirmation.ts'
import { isRefusal } from './refusal-advice.ts'
import type { Session } from './session.ts'

const PATH = '/landfast/v1/service-principals'

interface ServicePrincipalBody {
  principalId: string
  clientId: string
  displayName: string
  state: string
  createdAt: string
  secret?: string
  expiresAt?: string
  secrets?: readonly { id: string; createdAt: string }[]
}

const COLUMNS: readonly Column<ServicePrincipalBody>[] = [
  ['name', ({ displayName }) => displayName],
  ['client id', ({ clientId }) => clientId],
  ['object id', ({ principalId }) => principalId],
  ['state', ({ state }) => state],
  ['made', ({ createdAt }) => createdAt],
]

const FACTS: readonly Column<ServicePrincipalBody>[] = [
  ...COLUMNS,
  ['secret', ({ secret }) => secret],
  ['good until', ({ expiresAt }) => expiresAt],
]

/** How long a secret is good, and where it goes. */
export interface NewSecretFlags extends AnswerFlags, SecretFlags {
  lifetime?: string
}

/** Makes one, with a secret if something says where that is to go. */
export async function createServicePrincipal(
  session: Session,
  displayName: string,
  flags: NewSecretFlags,
): Promise<void> {
  const withSecret = flags.secretFile !== undefined || flags.showSecret === true
  const body = { displayName }
  if (!withSecret) {
    const made = await session.client.call('POST', PATH, { body })
    printFacts(made.body, FACTS, flags)
    return
  }
  await withNewSecret(session, flags, async () => {
    const made = await session.client.call('POST', PATH, { body })
    return made.body as unknown as ServicePrincipalBody
  })
}

/** Prints all of them. */
export async function listServicePrincipals({ client }: Session, flags: AnswerFlags): Promise<void> {
  printTable(await client.list(PATH), COLUMNS, flags)
}

/** Deletes one for ever. */
export async function deleteServicePrincipal(
  session: Session,
  text: string,
  flags: AnswerFlags & ConfirmationFlags,
): Promise<void> {
  const { principalId, displayName } = await find(session, text)
  await confirm(`delete the service principal "${displayName}" (${principalId}) for ever`, flags)
  await session.client.call('DELETE', `${PATH}/${principalId}`)
  printDone(`deleted: ${principalId}`, { principalId, deleted: true }, flags)
}

/** Makes a new secret; the former ones are worth nothing after it is kept. */
export async function resetSecret(
  session: Session,
  text: string,
  flags: NewSecretFlags & { keepOthers?: true },
): Promise<void> {
  const { principalId } = await find(session, text)
  const { body } = await session.client.call('GET', `${PATH}/${principalId}`)
  const former = body as unknown as ServicePrincipalBody
  const secrets = (former.secrets ?? []).toSorted((a, b) => a.createdAt.localeCompare(b.createdAt))
  const remove = ({ id }: { id: string }) =>
    session.client.call('DELETE', `${PATH}/${principalId}/secrets/${id}`)
  const make = () => withNewSecret(session, flags, async () => former)
  await make().catch(async (error) => {
    const [oldest] = secrets
    if (flags.keepOthers || !oldest || !isRefusal(error, 'TooManySecrets')) throw error
    // All of them are to go; without room for the new one the first goes before it.
    await remove(oldest)
    secrets.shift()
    await make()
  })
  if (!flags.keepOthers) for (const secret of secrets) await remove(secret)
}

async function withNewSecret(
  { client }: Session,
  flags: NewSecretFlags,
  owner: () => Promise<ServicePrincipalBody>,
): Promise<void> {
  const { lifetime } = flags
  const wish = lifetime === undefined ? {} : { lifetimeSeconds: readSpanSeconds('--lifetime', lifetime) }
  const place = await openSecretPlace(flags)
  try {
    const principal = await owner()
    const made = await client.call('POST', `${PATH}/${principal.principalId}/secrets`, { body: wish })
    const { secret, expiresAt, id } = made.body
    await place.keep(String(secret))
    const { principalId, clientId, displayName, state, createdAt } = principal
    const shown = { principalId, clientId, displayName, state, createdAt, secretId: id, expiresAt }
    printFacts({ ...shown, ...(flags.showSecret && { secret }) }, FACTS, flags)
    if (flags.secretFile !== undefined) printNote(`the secret is in ${flags.secretFile}`)
  } finally {
    await place.abandon()
  }
}

/** Registers a certificate; a key in the same file stays here. */
export async function addCertificate(
  session: Session,
  text: string,
  flags: AnswerFlags & { cert: string; subjectName?: string },
): Promise<void> {
  const certificate = await readCertificate(flags.cert)
  const { principalId } = await find(session, text)
  const { subjectName } = flags
  const body = { certificate, ...(subjectName !== undefined && { subjectName }) }
  const answer = await session.client.call('POST', `${PATH}/${principalId}/certificates`, { body })
  printFacts({ principalId, ...answer.body }, CERTIFICATE_FACTS, flags)
}

const CERTIFICATE_FACTS: readonly Column<Record<string, string>>[] = [
  ['object id', ({ principalId }) => principalId],
  ['certificate', ({ id }) => id],
  ['subject', ({ subjectName }) => subjectName],
  ['good until', ({ expiresAt }) => expiresAt],
]

async function readCertificate(file: string): Promise<string> {
  const pem = await readFile(file, 'utf8').catch((cause) => {
    throw new CliError('config_unreadable', { detail: file, hints: [cause.message], cause })
  })
  try {
    return new X509Certificate(pem).toString()
  } catch {
    // The parser's message says nothing that helps, and the file may hold a key.
    throw new CliError('argument_invalid', { detail: `"${file}" holds no certificate in PEM` })
  }
}

/** The one that `text` names by its object id, client id or name. @throws {CliError} `argument_invalid`. */
async function find({ client }: Session, text: string): Promise<ServicePrincipalBody> {
  const all = (await client.list(PATH)) as ServicePrincipalBody[]
  const wanted = text.toLowerCase()
  const byId = all.find(({ principalId, clientId }) => principalId === wanted || clientId === wanted)
  const [only, ...others] = byId ? [byId] : all.filter(({ displayName }) => displayName === text)
  if (only && others.length === 0) return only
  const hints = ['"landfast service-principal list" shows what there is']
  const detail = only
    ? `several are called "${text}"; name its object id`
    : `there is no service principal "${text}"`
  throw new CliError('argument_invalid', { detail, hints })
}
