/**
 * `landfast user` and `landfast group`: whom of the portal's OpenID provider roles are given.
 *
 * @see docs/portal.md#with-your-companys-accounts
 * @module
 */

import { CliError } from '../../cli-error.ts'
import { type AnswerFlags, type Column, printDone, printFacts, printTable } from '../answer.ts'
import { type ConfirmationFlags, confirm } from '../confirmation.ts'
import type { Session } from '../session.ts'

/** What people are. */
export type PeopleKind = 'user' | 'group'

interface PeopleBody {
  principalId: string
  displayName: string
  issuer: string
  subject?: string
  claimValue?: string
  state: string
  createdAt: string
}

const PATHS = { user: '/landfast/v1/users', group: '/landfast/v1/groups' } as const

function columnsOf(kind: PeopleKind): readonly Column<PeopleBody>[] {
  return [
    ['name', ({ displayName }) => displayName],
    ['object id', ({ principalId }) => principalId],
    kind === 'user' ? ['subject', ({ subject }) => subject] : ['claim value', ({ claimValue }) => claimValue],
    ['issuer', ({ issuer }) => issuer],
    ['state', ({ state }) => state],
    ['made', ({ createdAt }) => createdAt],
  ]
}

/** Makes a user. */
export async function createUser(
  session: Session,
  displayName: string,
  flags: AnswerFlags & { subject: string },
): Promise<void> {
  await create(session, 'user', { body: { displayName, subject: flags.subject }, flags })
}

/** Makes a group. */
export async function createGroup(
  session: Session,
  displayName: string,
  flags: AnswerFlags & { claimValue: string },
): Promise<void> {
  await create(session, 'group', { body: { displayName, claimValue: flags.claimValue }, flags })
}

async function create(
  { client }: Session,
  kind: PeopleKind,
  { body, flags }: { body: object; flags: AnswerFlags },
): Promise<void> {
  const made = await client.call('POST', PATHS[kind], { body })
  printFacts(made.body, columnsOf(kind), flags)
}

/** Prints all of a kind. */
export function listPeople(kind: PeopleKind) {
  return async ({ client }: Session, flags: AnswerFlags): Promise<void> =>
    printTable(await client.list(PATHS[kind]), columnsOf(kind), flags)
}

/** Lets the roles of one count or not. */
export function switchPeople(kind: PeopleKind, verb: 'disable' | 'enable') {
  return async (session: Session, text: string, flags: AnswerFlags): Promise<void> => {
    const { principalId } = await find(session, kind, text)
    const { body } = await session.client.call('POST', `${PATHS[kind]}/${principalId}/${verb}`)
    printFacts(body, columnsOf(kind), flags)
  }
}

/** Deletes one with its roles. */
export function deletePeople(kind: PeopleKind) {
  return async (session: Session, text: string, flags: AnswerFlags & ConfirmationFlags): Promise<void> => {
    const { principalId, displayName } = await find(session, kind, text)
    await confirm(`delete the ${kind} "${displayName}" (${principalId}) with its roles`, flags)
    await session.client.call('DELETE', `${PATHS[kind]}/${principalId}`)
    printDone(`deleted: ${principalId}`, { principalId, deleted: true }, flags)
  }
}

/** The one that `text` names by its object id or name. @throws {CliError} `argument_invalid`. */
async function find({ client }: Session, kind: PeopleKind, text: string): Promise<PeopleBody> {
  const all = (await client.list(PATHS[kind])) as PeopleBody[]
  const byId = all.find(({ principalId }) => principalId === text.toLowerCase())
  const [only, ...others] = byId ? [byId] : all.filter(({ displayName }) => displayName === text)
  if (only && others.length === 0) return only
  const hints = [`"landfast ${kind} list" shows what there is`]
  const detail = only ? `several are called "${text}"; name its object id` : `there is no ${kind} "${text}"`
  throw new CliError('argument_invalid', { detail, hints })
}
