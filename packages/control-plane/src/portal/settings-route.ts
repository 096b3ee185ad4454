/**
 * The route that shows the settings of the control plane as they are. It names what may be shown, so that a setting which is
 * added later, and may be a secret, is not.
 *
 * @module
 */

import { type ArmRoute, armRoute } from '../arm/arm-route.ts'
import type { AuthorityNames } from '../authority/endpoints.ts'
import { ANY_OBJECT } from '../openapi/answers.ts'
import type { CheckedOptions } from '../options.ts'

/** What is shown as it is. */
const SHOWN = [
  'version',
  'host',
  'tokenLifetimeSeconds',
  'tokenVersion2Audiences',
  'assertionAudiences',
  'signingKeyDays',
  'recoveryDays',
  'maxFederatedCredentials',
  'auditRetentionDays',
  'auditMaxMegabytes',
  'callerRequestsPerSecond',
  'drainSeconds',
  'trustedProxies',
] as const satisfies readonly (keyof CheckedOptions)[]

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
        portalIssuer: options.portalProvider?.issuer,
        ...Object.fromEntries(SHOWN.map((name) => [name, options[name]])),
      },
    }),
  })
}
