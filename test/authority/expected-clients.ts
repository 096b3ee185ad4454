/**
 * The claims that every official client has to get, from any authority.
 *
 * @module
 */

/** The one case that is refused. */
export const WRONG_SECRET = 'a wrong secret'

/** Each client, and how its tokens say that it was proven. */
const NODE = {
  ClientSecretCredential: '1',
  ClientCertificateCredential: '2',
  'ClientCertificateCredential with a chain': '2',
  ClientAssertionCredential: '2',
  WorkloadIdentityCredential: '2',
  'EnvironmentCredential with a secret': '1',
  'EnvironmentCredential with a certificate': '2',
  'MSAL with a secret': '1',
  'MSAL with a certificate': '2',
  'MSAL with a SHA-1 thumbprint': '2',
  'MSAL with an assertion': '2',
} as const

const PYTHON = {
  ClientSecretCredential: '1',
  CertificateCredential: '2',
  'CertificateCredential with a chain': '2',
  ClientAssertionCredential: '2',
  WorkloadIdentityCredential: '2',
  'EnvironmentCredential with a secret': '1',
  'EnvironmentCredential with a certificate': '2',
  'MSAL with a secret': '1',
} as const

/** What the clients of Node have to print for the application with this object id. */
export function nodeClients(oid: string): object {
  return everyOne(NODE, oid)
}

/** What the clients of Python have to print. */
export function pythonClients(oid: string): object {
  return everyOne(PYTHON, oid)
}

function everyOne(clients: Readonly<Record<string, string>>, oid: string): object {
  const audiences = ['https://vault.azure.net', 'https://storage.azure.com']
  return Object.fromEntries(
    Object.entries(clients).map(([name, by]) => [name, { oid, by, audiences, cached: true }]),
  )
}
