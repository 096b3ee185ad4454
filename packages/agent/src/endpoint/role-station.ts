/**
 * Where the token of a request is exchanged for AWS's credentials of a role: every caller has been past the policy by then,
 * and the token is one that the authority gives now, so that a machine that it refuses gets no credentials either.
 *
 * @see docs/aws.md
 * @module
 */

import { parseQuery, readSelector, type Selector, type Style, type TokenRequest } from '@landfast/protocol'
import type { Logger } from '@landfast/server'
import { RoleCredentials } from '../aws/role-credentials.ts'
import { type AwsCredentials, formatExpiration } from '../aws/sts-answer.ts'
import { createStsExchange, sessionNameOf } from '../aws/sts-exchange.ts'
import type { Clock } from '../clock.ts'
import { ENTRA_IDENTITY } from '../policy/facts.ts'
import type { Tokens } from '../tokens/tokens.ts'
import type { AwsEndpointOptions } from './endpoint-options.ts'
import { type MachineIdentities, selectIdentity } from './selected-identity.ts'

/** In whose name credentials are renewed ahead. */
const AGENT_ITSELF = 'agent'

/** What a request for credentials meets. */
export interface RoleStation {
  readonly audience: string
  /** Whose token it is. */
  readonly selector: Selector
  readonly credentials: Pick<RoleCredentials, 'get'>
}

/** The station, and what the agent does about it without a request. */
export interface Role extends RoleStation {
  /** Renews what callers got, if it is time. */
  renewAhead(): void
  /** Throws away what is held. */
  clear(): void
}

/** The body of a 200, as AWS's clients read it: all of it text. */
export type CredentialsAnswer = Record<'AccessKeyId' | 'SecretAccessKey' | 'Token' | 'Expiration', string>

/** What a station is made of beside its options. */
export interface RoleParts {
  readonly identities: MachineIdentities
  readonly tokens: Pick<Tokens, 'get'>
  readonly clock: Clock
  readonly log: Logger
  /** Takes what is to be done once no request is left. */
  readonly onStop: (step: () => void) => void
}

/** Opens the station of `options`, and fetches credentials at once: the first caller gives up after a second. */
export function openRole(
  { role }: AwsEndpointOptions,
  { identities, tokens, clock, log, onStop }: RoleParts,
): Role {
  const { arn: roleArn, stsUrl: url, audience, proxies } = role
  const sessionName = sessionNameOf(identities.own.resourceId || identities.own.clientId)
  const credentials = new RoleCredentials({
    sts: createStsExchange({ roleArn, sessionName, url, proxies }),
    clock,
    onFailure: (error) =>
      log.warn(
        { failure: error.failure, roleArn, reason: error.reason?.message, err: error },
        'no credentials of AWS',
      ),
  })
  onStop(() => credentials.stop())
  const selector = selectorOf(role.identity, identities)
  const renew = async () => {
    const identity = await selectIdentity(identities, { selector, audience }, AGENT_ITSELF)
    await credentials.renew(identity, (await tokens.get(identity, audience)).accessToken)
  }
  // Why there is no token the log has from where it is asked for.
  const begin = () => void renew().catch(() => {})
  begin()
  return {
    ...{ audience, selector, credentials },
    renewAhead: () => {
      if (credentials.isRenewalDue) begin()
    },
    clear: () => credentials.clear(),
  }
}

/** The request for the token that is exchanged. What it asks for is not the caller's to say. */
export function readRoleRequest(
  { audience, selector }: RoleStation,
  style: Style,
  query: string,
): TokenRequest {
  readSelector(parseQuery(query), style.selectors)
  return { apiVersion: undefined, audience, selector, bypassCache: false, refusedTokenHash: undefined }
}

/** The answer of the endpoint. */
export function formatCredentials(credentials: AwsCredentials): CredentialsAnswer {
  const { AccessKeyId, SecretAccessKey, SessionToken: Token, expiresAt } = credentials
  return { AccessKeyId, SecretAccessKey, Token, Expiration: formatExpiration(expiresAt) }
}

/** By default the machine's own, also where its application in Entra ID answers other requests. */
function selectorOf(named: string | undefined, { own, entra }: MachineIdentities): Selector {
  const identity = named === ENTRA_IDENTITY && entra ? entra.identity.clientId : (named ?? own.clientId)
  return { name: identity.startsWith('/') ? 'msi_res_id' : 'client_id', value: identity }
}
