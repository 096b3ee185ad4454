/**
 * The route that shows the settings of the control plane as they are. It names what may be shown, so that a setting which is
 * added later, and may be a secret, is not.
 *
 * @module
 */

import { describeChoice, type Proxies, ProxyError } from '@landfast/server/proxy'
import { type ArmRoute, armRoute } from '../arm/arm-route.ts'
import type { AuthorityNames } from '../authority/endpoints.ts'
import { ANY_OBJECT } from '../openapi/answers.ts'
import type { CheckedOptions } from '../options.ts'
import { readPortalProvider } from '../registry/people/portal-provider.ts'

/** A name that nobody has, so that no exception is meant for it. */
const SOME_ISSUER = new URL('https://issuer.invalid')

/** How each setting is shown, or why it is not. The compiler refuses a setting that is not here. */
export const HOW_SHOWN = {
  version: 'as it is',
  host: 'as it is',
  port: 'as it is',
  tokenLifetimeSeconds: 'as it is',
  tokenVersion2Audiences: 'as it is',
  assertionAudiences: 'as it is',
  signingKeyDays: 'as it is',
  recoveryDays: 'as it is',
  maxFederatedCredentials: 'as it is',
  auditRetentionDays: 'as it is',
  auditMaxMegabytes: 'as it is',
  callerRequestsPerSecond: 'as it is',
  drainSeconds: 'as it is',
  trustedProxies: 'as it is',
  databaseConnections: 'as it is',
  url: 'in part',
  issuerV1: 'in part',
  databaseUrl: 'in part',
  tls: 'in part',
  foreignIssuers: 'in part',
  portalProvider: 'in part',
  proxies: 'in part',
  encryptionKey: 'secret',
  formerEncryptionKey: 'secret',
  stateFolder: 'path',
  operatorSocket: 'path',
  // Where it is off, no page says so.
  portal: 'known',
  // Addresses within the network of the operator, which readers of settings need not reach.
  admin: 'inner address',
  companions: 'no setting',
  log: 'no setting',
  now: 'no setting',
  makeKeyPair: 'no setting',
} as const satisfies Readonly<Record<keyof CheckedOptions, string>>

const SHOWN = Object.entries(HOW_SHOWN)
  .filter(([, how]) => how === 'as it is')
  .map(([name]) => name as keyof CheckedOptions)

/** The route. */
export function settingsRoute(options: CheckedOptions, names: AuthorityNames): ArmRoute {
  return armRoute({
    method: 'GET',
    path: '/landfast/v1/settings',
    summary: 'Shows the settings of the control plane that answers, without any secret.',
    action: 'Landfast.Operation/settings/read',
    answers: { 200: { ...ANY_OBJECT, description: 'The settings.' } },
    handle: async () => ({
      body: {
        url: names.origin,
        tenantId: names.tenantId,
        issuerV1: names.issuerV1,
        database: options.databaseUrl === undefined ? 'SQLite' : 'PostgreSQL',
        certificate: options.tls === undefined ? 'of its own CA' : 'of the operator',
        foreignIssuers: Object.keys(options.foreignIssuers),
        ...providerFacts(options),
        proxy: options.proxies && proxyOf(options.proxies),
        ...Object.fromEntries(SHOWN.map((name) => [name, options[name]])),
      },
    }),
  })
}

/** All but the secret. */
function providerFacts({ portalProvider }: CheckedOptions): object {
  if (!portalProvider) return {}
  const { issuer, clientId, groupsClaim, scopes } = readPortalProvider(portalProvider)
  return {
    portalIssuer: issuer,
    portalClientId: clientId,
    portalGroupsClaim: groupsClaim,
    portalScopes: scopes,
  }
}

/** By what an issuer of the internet is reached, without a password. */
function proxyOf(proxies: Proxies): string {
  try {
    return describeChoice(proxies.choose(SOME_ISSUER))
  } catch (error) {
    if (error instanceof ProxyError) return error.code
    throw error
  }
}
