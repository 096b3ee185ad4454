/**
 * The identity of the developer who has logged in with the Azure Developer CLI.
 *
 * @see https://learn.microsoft.com/azure/developer/azure-developer-cli/reference#azd-auth-token
 * @module
 */

import type { Question, SourceKind } from '../source.ts'
import type { Surroundings } from '../surroundings.ts'
import { readToken } from '../tokens/token-answer.ts'
import type { Token } from '../tokens/token-cache.ts'
import { findCommand, runForJson } from './command.ts'

/** The source of `azd auth login`. */
export const azd: SourceKind<'azd'> = {
  name: 'azd',
  managed: false,
  find(surroundings, { tenantId }) {
    const file = findCommand('azd', surroundings)
    if (file === undefined) return '"azd" is not in the search path'
    return {
      place: `azd ${file} ${tenantId ?? ''}`,
      foundBy: file,
      manyTenants: tenantId === undefined,
      ...(tenantId !== undefined && { tenantId }),
      ask: (question) => ask(file, { ...question, tenantId: tenantId ?? question.tenantId }, surroundings),
    }
  },
}

async function ask(file: string, question: Question, surroundings: Surroundings): Promise<Token> {
  const { scope, tenantId, claims } = question
  const args = [
    ...['auth', 'token', '--output', 'json', '--no-prompt', '--scope', scope],
    ...(tenantId === undefined ? [] : ['--tenant-id', tenantId]),
    ...(claims === undefined ? [] : ['--claims', Buffer.from(claims).toString('base64')]),
  ]
  const { token, expiresOn } = await runForJson(file, args, surroundings)
  return readToken({ access_token: token, expires_on: expiresOn }, surroundings.now(), '"azd auth token"')
}
