/**
 * A token that the program which runs the control plane has made, with times of its choice: an emulator's answer that has
 * expired already, or is another identity's. It is on record as any other is.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { AuthorityError } from '../authority/authority-error.ts'
import { makeToken, type NewTokenParts } from '../authority/new-token.ts'
import { tokenIdBeginning } from '../authority/token-id.ts'
import type { Journal } from '../authority/token-journal.ts'
import { grantEntry } from '../authority/token-record.ts'
import type { ClientDirectory } from '../registry/clients.ts'

/** What is to be made. */
export interface OwnTokenWish {
  /** Whose token it is. */
  clientId: string
  audience: string
  /** When it seems to have been made. */
  madeAt: Date
  /** Counted from then. */
  lifetimeSeconds: number
}

/** What it is made with. */
export interface OwnTokenParts extends NewTokenParts {
  directory: Pick<ClientDirectory, 'findClient' | 'rolesFor'>
  journal: Pick<Journal, 'write'>
  now: () => Date
}

/**
 * Makes one.
 *
 * @throws {AuthorityError} `client_unknown`.
 */
export async function makeOwnToken(parts: OwnTokenParts, wish: OwnTokenWish): Promise<string> {
  const { clientId, audience, madeAt, lifetimeSeconds } = wish
  const client = await parts.directory.findClient(clientId)
  if (!client) throw new AuthorityError('client_unknown')
  const time = parts.now()
  const { principalId } = client.identity
  const idBeginning = tokenIdBeginning({ holder: clientId, principalId, audience, time })
  const content = { audience, method: '2', time: madeAt, idBeginning } as const
  const { accessToken } = await makeToken(
    { ...parts, tokenLifetimeSeconds: lifetimeSeconds },
    client,
    content,
  )
  const trace = { traceId: randomUUID(), correlationId: randomUUID() }
  await parts.journal.write({ audit: grantEntry({ trace, time, holder: client, client }, idBeginning) })
  return accessToken
}
