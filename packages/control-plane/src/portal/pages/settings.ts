/**
 * The settings as they are.
 *
 * @module
 */

import { html } from '../html/html.ts'
import { facts } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import { type PageRoute, page } from '../page.ts'

/** What each is called, in the order of the page. */
export const SETTING_LABELS = {
  version: 'Version',
  url: 'URL',
  tenantId: 'Tenant id',
  issuerV1: 'Issuer of v1 tokens',
  host: 'Listens on',
  port: 'Port (0 is any)',
  database: 'Database',
  databaseConnections: 'Connections to PostgreSQL, at most',
  certificate: 'Server certificate',
  tokenLifetimeSeconds: 'Tokens are good for (seconds)',
  tokenVersion2Audiences: 'Audiences with v2 tokens',
  assertionAudiences: 'Audiences of assertions',
  signingKeyDays: 'A key signs for (days)',
  recoveryDays: 'Machines come back for (days)',
  foreignIssuers: 'Issuers in private networks',
  portalIssuer: 'People sign in here by',
  portalClientId: 'Client id there',
  portalGroupsClaim: 'Claim of the groups there',
  portalScopes: 'Scopes that are asked for there',
  proxy: 'Way to issuers of the internet',
  maxFederatedCredentials: 'Federated credentials of one identity',
  auditRetentionDays: 'The audit trail is kept for (days)',
  auditMaxMegabytes: 'The audit trail is at most (MiB)',
  callerRequestsPerSecond: 'Requests a second of one caller',
  trustedProxies: 'Trusted proxies',
  drainSeconds: 'Goes on answering at its end for (seconds)',
} as const

/** The page. */
export const SETTINGS: PageRoute = page('/settings', async ({ api }) => {
  const settings = await api.get('/landfast/v1/settings')
  const pairs = Object.entries(SETTING_LABELS).map(
    ([name, label]) => [label, shown(textOf(settings[name]))] as const,
  )
  return {
    title: 'Settings',
    section: 'settings',
    body: html`<p>These are set at the start of the control plane, by its settings file, variables and flags. They are the settings of
the replica that made this page.</p>
${facts(pairs)}`,
  }
})

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') : String(value ?? '')
}
