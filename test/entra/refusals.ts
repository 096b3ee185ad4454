/**
 * What Entra ID answers when it gives no token: each number with its status, its OAuth error, its sentence and where
 * that was read. Nothing here comes from code of ours.
 *
 * @module
 */

/** A page of Microsoft's that lists the numbers. */
const CODES = 'MicrosoftDocs/entra-docs docs/identity-platform/reference-error-codes.md'

const PIPELINES =
  'MicrosoftDocs/azure-devops-docs docs/pipelines/release/includes/errors-workload-identity.md'

const SEE_FEDERATION = 'https://learn.microsoft.com/entra/workload-id/workload-identity-federation'

/** One number; `{name}` in the text is a field that the rule fills in. */
interface Row {
  status: 400 | 401
  error: string
  text: string
  /** The page, thread or file with this answer. */
  source: string
}

/** Every answer that the stand-in knows. */
export const REFUSALS = {
  // The request
  70003: {
    status: 400,
    error: 'unsupported_grant_type',
    text: "The app requested an unsupported grant type '{grantType}'.",
    source: CODES,
  },
  900144: {
    status: 400,
    error: 'invalid_request',
    text: "The request body must contain the following parameter: '{parameter}'.",
    source: CODES,
  },
  7000218: {
    status: 401,
    error: 'invalid_client',
    text: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    source: `${CODES}; MSAL.NET Microsoft.Identity.Lab.Api/Http/MockHelpers.cs`,
  },
  1002012: {
    status: 400,
    error: 'invalid_scope',
    text: 'The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).',
    source: 'MicrosoftDocs/azure-docs#99862; microsoftgraph/msgraph-sdk-python#181',
  },
  500011: {
    status: 400,
    error: 'invalid_resource',
    text: 'The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.',
    source: 'MSAL.NET Microsoft.Identity.Lab.Api/Http/MockHelpers.cs GetMsiErrorResponse',
  },

  // Tenant and application
  90002: {
    status: 400,
    error: 'invalid_request',
    text: "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.",
    source: `${CODES}; AzureAD/microsoft-authentication-library-for-android#267`,
  },
  5000225: {
    status: 400,
    error: 'invalid_grant',
    text: 'This tenant has been blocked due to inactivity. To learn more about tenant lifecycle policies, see https://aka.ms/TenantLifecycle',
    source: 'Azure/azure-cli#33547, Azure/azure-cli#32031',
  },
  700016: {
    status: 400,
    error: 'unauthorized_client',
    text: "Application with identifier '{clientId}' was not found in the directory '{tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.",
    source: `${CODES}; MicrosoftDocs/azure-docs#71942`,
  },
  7000112: {
    status: 400,
    error: 'unauthorized_client',
    text: "Application '{clientId}'(landfast) is disabled.",
    source: `${CODES} (UnauthorizedClientApplicationDisabled); Microsoft's page on the Playwright portal`,
  },

  // Assertions that the application signs
  700027: {
    status: 401,
    error: 'invalid_client',
    text: "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - {reason}, Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id '{clientId}'. Review the documentation at https://docs.microsoft.com/en-us/graph/deployments to determine the corresponding service endpoint and https://docs.microsoft.com/en-us/graph/api/application-get?view=graph-rest-1.0&tabs=http to build a query request URL, such as 'https://graph.microsoft.com/beta/applications/{clientId}'].",
    source:
      'Azure-Samples/azure-health-data-and-ai-samples#261; AzureAD/microsoft-authentication-library-for-js#8339; "The key used is expired." from Microsoft\'s troubleshooting of Azure Stack HCI registration',
  },
  7000274: {
    status: 401,
    error: 'invalid_client',
    text: 'Client assertion contains an invalid signature.',
    source:
      'AzureAD/microsoft-identity-web CertificateReloadLogicTests (ClientAssertionContainsInvalidSignature)',
  },
  700024: {
    status: 401,
    error: 'invalid_client',
    text: 'Client assertion is not within its valid time range. Current time: {now}, assertion valid from {notBefore}, expiry time of assertion {expires}. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .',
    source: 'AzureAD/microsoft-authentication-library-for-java#984; dotnet/docker-tools#1310',
  },
  50012: {
    status: 401,
    error: 'invalid_client',
    text: 'Client assertion audience claim does not match Realm issuer.',
    source: 'AzureAD/azure-activedirectory-library-for-python#79',
  },
  700021: {
    status: 401,
    error: 'invalid_client',
    text: 'Client assertion application identifier doesn\'t match "client_id" parameter. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .',
    source:
      'not settled: certificate-credentials.md has the demand, and no document was found with the number',
  },
  50027: {
    status: 400,
    error: 'invalid_request',
    text: 'JWT token is invalid or malformed.',
    source: `${CODES} (InvalidJwtToken)`,
  },

  // Assertions of a federated credential
  70025: {
    status: 401,
    error: 'invalid_client',
    text: 'Client application has no configured federated identity credentials.',
    source: PIPELINES,
  },
  700223: {
    status: 401,
    error: 'invalid_client',
    text: 'Workload identity federation is constrained or disabled on the Microsoft Entra tenant.',
    source: PIPELINES,
  },
  700238: {
    status: 401,
    error: 'invalid_client',
    text: "The issuer '{issuer}' isn't allowed to use workload identity federation with this workload identity type.",
    source: PIPELINES,
  },
  900382: {
    status: 400,
    error: 'invalid_request',
    text: 'Confidential Client is not supported in Cross Cloud request.',
    source: `${CODES}; ${PIPELINES}`,
  },
  70021: {
    status: 400,
    error: 'invalid_request',
    text: `No matching federated identity record found for presented assertion. Assertion Issuer: '{issuer}'. Assertion Subject: '{subject}'. Assertion Audience: '{audience}'. ${SEE_FEDERATION}`,
    source:
      'Azure/azure-workload-identity docs/book/src/troubleshooting.md; entra-docs workload-identity-federation-considerations.md ("Time for federated credential changes to propagate")',
  },
  700211: {
    status: 401,
    error: 'invalid_client',
    text: `No matching federated identity record found for presented assertion issuer '{issuer}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. ${SEE_FEDERATION}`,
    source: 'Azure/azure-workload-identity#1200',
  },
  700212: {
    status: 401,
    error: 'invalid_client',
    text: `No matching federated identity record found for presented assertion audience '{audience}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. ${SEE_FEDERATION}`,
    source: 'AthenZ/athenz AzureAccessTokenProviderTest.java, an answer of the service as it was recorded',
  },
  700213: {
    status: 401,
    error: 'invalid_client',
    text: `No matching federated identity record found for presented assertion subject '{subject}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. ${SEE_FEDERATION}`,
    source: 'Azure/login#482; dotnet/maui#31978',
  },
  7002138: {
    status: 401,
    error: 'invalid_client',
    text: `No matching federated identity record found for presented assertion subject '{subject}'. The subject matches with case-insensitive comparison, but not with case-sensitive comparison. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. See documentation at: ${SEE_FEDERATION}. See breaking change notification and remediation at: https://learn.microsoft.com/en-us/entra/identity-platform/reference-breaking-changes#august-2024.`,
    source: 'Azure/login#515',
  },
  700222: {
    status: 401,
    error: 'invalid_client',
    text: 'AAD-issued tokens may not be used for federated identity flows.',
    source: 'AzureAD/microsoft-identity-web#2519; MicrosoftDocs/azure-docs#90276',
  },
  5002738: {
    status: 400,
    error: 'invalid_request',
    text: "Invalid JWT token. '{alg}' is not a supported signature algorithm.",
    source: 'AzureAD/microsoft-identity-web#3467',
  },
  7000272: {
    status: 401,
    error: 'invalid_client',
    text: "The certificate with identifier {kid} used to sign the federated credential could not be found in the metadata of identity provider {issuer}. Please validate that your Identity Provider's metadata exposes the key used to sign the incoming token.",
    source: 'Azure/azure-workload-identity#1232',
  },
  90061: {
    status: 400,
    error: 'invalid_request',
    text: 'Request to External OIDC endpoint failed.',
    source: 'Azure/azure-workload-identity#605 and docs/book/src/troubleshooting.md',
  },
  50166: {
    status: 400,
    error: 'invalid_request',
    text: 'Request to External OIDC endpoint failed.',
    source: 'Azure/azure-workload-identity#642',
  },
  501661: {
    status: 400,
    error: 'invalid_request',
    text: 'Request to External OIDC endpoint failed.',
    source: 'Azure/login#283',
  },
} as const satisfies Record<number, Row>

/** The number after `AADSTS`. */
export type RefusalCode = keyof typeof REFUSALS

/** A number and what its sentence names. */
export interface Refusal {
  code: RefusalCode
  fields?: Readonly<Record<string, string>>
}

/**
 * Status and body of a refusal.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/reference-error-codes#handling-error-codes-in-your-application
 */
export function formatRefusal(
  { code, fields = {} }: Refusal,
  request: { nowMilliseconds: number; traceId: string; correlationId: string; authorityHost: string },
): { status: number; body: Record<string, unknown> } {
  const { status, error, text } = REFUSALS[code]
  const { traceId, correlationId } = request
  const timestamp = new Date(request.nowMilliseconds).toISOString().replace('T', ' ').replace(/\..*/, 'Z')
  const sentence = text.replace(/\{(\w+)\}/g, (_, name: string) => fields[name] ?? '')
  const lines = [
    `AADSTS${code}: ${sentence}`,
    `Trace ID: ${traceId}`,
    `Correlation ID: ${correlationId}`,
    `Timestamp: ${timestamp}`,
  ]
  return {
    status,
    body: {
      error,
      error_description: lines.join('\r\n'),
      error_codes: [code],
      timestamp,
      trace_id: traceId,
      correlation_id: correlationId,
      error_uri: `${request.authorityHost}/error?code=${code}`,
    },
  }
}
