/**
 * An authority on a database of its own for one test, asked without HTTP. Not published.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { assertionClaims, CLIENT_CREDENTIALS, JWT_BEARER } from '@landfast/protocol'
import { decodeJwt, type JWTPayload, SignJWT } from 'jose'
import { pino } from 'pino'
import { type AuthorityParts, createAuthority } from '../authority/authority.ts'
import type { TokenForm } from '../authority/token-form.ts'
import { createJournal } from '../authority/token-journal.ts'
import { thumbprintsOf } from '../certificates/thumbprint.ts'
import { createRequestLimits } from '../limits/request-limits.ts'
import { createClientDirectory } from '../registry/clients.ts'
import { fixedKeys, keepFixedKey } from './fixed-keys.ts'
import { type Clock, createClock, type TrialMachine } from './trial.ts'
import { openTrialRegistry, type TrialPlace } from './trial-registry.ts'

/** What the trial authority calls itself. */
export const TRIAL_ORIGIN = 'https://cp.example'

/** The audience that tests ask for where it does not matter. */
export const TRIAL_RESOURCE = 'https://storage.azure.com'

/** An authority with its registry, storage and clock. */
export type TrialAuthority = Awaited<ReturnType<typeof openTrialAuthority>>

/** One with parts changed as the test wants. */
export async function openTrialAuthority(changes: Partial<AuthorityParts> = {}, place: TrialPlace = {}) {
  const clock: Clock = createClock()
  const trial = await openTrialRegistry(clock.now, place)
  const { storage, tenantId } = trial
  await keepFixedKey(storage.db)
  const authority = createAuthority({
    names: { origin: TRIAL_ORIGIN, tenantId, issuerV1: `${TRIAL_ORIGIN}/${tenantId}/` },
    signingKeys: fixedKeys(
      async (claims) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`,
    ),
    directory: createClientDirectory(storage),
    journal: createJournal(storage),
    tokenLifetimeSeconds: 3600,
    tokenVersion2Audiences: [],
    assertionAudiences: [],
    limits: createRequestLimits({ requestsPerSecond: 0 }),
    log: pino({ enabled: false }),
    now: clock.now,
    ...changes,
  })
  return { ...trial, authority, clock }
}

/** Asks `trial` for a token; resolves to its claims. */
export async function claimsFor(
  trial: TrialAuthority,
  form: TokenForm,
  authorization?: string,
): Promise<JWTPayload> {
  const token = await trial.authority.issueToken({
    version: 'v2',
    tenant: trial.tenantId,
    form: { grant_type: CLIENT_CREDENTIALS, scope: `${TRIAL_RESOURCE}/.default`, ...form },
    authorization,
    trace: { traceId: randomUUID(), correlationId: randomUUID() },
  })
  return decodeJwt(token.accessToken)
}

/** The fields of a form that carry an assertion of `machine`, which may ask in the name of another client. */
export async function assertionFields(
  trial: TrialAuthority,
  machine: Pick<TrialMachine, 'identity' | 'certificate' | 'privateKey'>,
  wish: { clientId?: string; header?: Record<string, unknown> } = {},
): Promise<TokenForm> {
  const claims = assertionClaims({
    tokenEndpoint: `${TRIAL_ORIGIN}/${trial.tenantId}/oauth2/v2.0/token`,
    clientId: machine.identity.clientId,
    jti: randomUUID(),
    nowSeconds: Math.floor(trial.clock.now().getTime() / 1000),
  })
  const alg = machine.privateKey.asymmetricKeyType === 'rsa' ? 'PS256' : 'ES256'
  const assertion = await new SignJWT({ ...claims })
    .setProtectedHeader({ alg, 'x5t#S256': thumbprintsOf(machine.certificate).sha256, ...wish.header })
    .sign(machine.privateKey)
  const { clientId = machine.identity.clientId } = wish
  return { client_id: clientId, client_assertion_type: JWT_BEARER, client_assertion: assertion }
}
