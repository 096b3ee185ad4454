/**
 * The identity of the developer who has logged in with the Azure CLI.
 *
 * @see https://learn.microsoft.com/cli/azure/account#az-account-get-access-token
 * @module
 */

import { ClientError } from '../errors.ts'
import type { Question, SourceKind } from '../source.ts'
import type { Surroundings } from '../surroundings.ts'
import { type Fields, readToken } from '../tokens/token-answer.ts'
import type { Token } from '../tokens/token-cache.ts'
import { findCommand, runForJson } from './command.ts'

/** The source of `az login`. */
export const azureCli: SourceKind<'azure-cli'> = {
  name: 'azure-cli',
  managed: false,
  find(surroundings, { tenantId }) {
    const file = findCommand('az', surroundings)
    if (file === undefined) return '"az" is not in the search path'
    return {
      place: `azure-cli ${file} ${tenantId ?? ''}`,
      foundBy: file,
      manyTenants: tenantId === undefined,
      ...(tenantId !== undefined && { tenantId }),
      ask: (question) => ask(file, { ...question, tenantId: tenantId ?? question.tenantId }, surroundings),
    }
  },
}

async function ask(file: string, question: Question, surroundings: Surroundings): Promise<Token> {
  const { resource, scope, tenantId, claims } = question
  if (claims !== undefined) {
    const challenge = Buffer.from(claims).toString('base64')
    const command = `az login --claims-challenge ${challenge} --scope ${scope}`
    throw new ClientError('claims_unsupported', `run "${command}"`)
  }
  const tenant = tenantId === undefined ? [] : ['--tenant', tenantId]
  const args = ['account', 'get-access-token', '--output', 'json', '--resource', resource, ...tenant]
  const printed = await runForJson(file, args, surroundings)
  return readToken(asAnswer(printed), surroundings.now(), '"az account get-access-token"')
}

/** Before 2.54.0 it printed the end in local time alone. */
function asAnswer({ accessToken, expires_on, expiresOn }: Fields): Fields {
  const local = typeof expiresOn === 'string' ? Date.parse(expiresOn) / 1000 : undefined
  return { access_token: accessToken, expires_on: expires_on ?? local }
}
