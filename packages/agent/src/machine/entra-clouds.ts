/**
 * Microsoft's clouds: where Entra ID is in each, and the audience by which it takes tokens of other issuers.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
 * @see https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
 * @module
 */

/** The clouds, by the names that `connect --cloud` takes. */
export const ENTRA_CLOUDS = {
  public: {
    host: 'https://login.microsoftonline.com',
    exchangeAudience: 'api://AzureADTokenExchange',
    graph: 'https://graph.microsoft.com',
    azName: 'AzureCloud',
  },
  usgov: {
    host: 'https://login.microsoftonline.us',
    exchangeAudience: 'api://AzureADTokenExchangeUSGov',
    graph: 'https://graph.microsoft.us',
    azName: 'AzureUSGovernment',
  },
  china: {
    host: 'https://login.partner.microsoftonline.cn',
    exchangeAudience: 'api://AzureADTokenExchangeChina',
    graph: 'https://microsoftgraph.chinacloudapi.cn',
    azName: 'AzureChinaCloud',
  },
} as const

/** One of them. */
export type EntraCloud = keyof typeof ENTRA_CLOUDS

/** Whether `text` names one. */
export function isEntraCloud(text: unknown): text is EntraCloud {
  return typeof text === 'string' && Object.hasOwn(ENTRA_CLOUDS, text)
}
