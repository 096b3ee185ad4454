/**
 * The commands that make an application of Entra ID trust this machine, for the command line of Azure and for Microsoft Graph.
 * A person runs them elsewhere, who may change the application.
 *
 * @see https://learn.microsoft.com/cli/azure/ad/app/credential
 * @see https://learn.microsoft.com/graph/api/application-post-federatedidentitycredentials
 * @module
 */

import { X509Certificate } from 'node:crypto'
import { ENTRA_CLOUDS, type EntraCloud } from '@landfast/agent/entra'

/** The application. */
export interface EntraApplicationId {
  cloud: EntraCloud
  tenantId: string
  clientId: string
}

/** What the federated credential is to say. */
export interface FederatedTrust {
  /** What the credential is called there. */
  name: string
  issuer: string
  /** The object id of the user-assigned identity. */
  subject: string
}

/** Two ways to the same. */
export interface EntraCommands {
  az: readonly string[]
  graph: readonly string[]
}

/** The commands that give the application the certificate (PEM). The file of it is written by the first. */
export function certificateCommands(
  id: EntraApplicationId,
  certificate: string,
  name: string,
): EntraCommands {
  const file = `${name}.pem`
  const key = {
    type: 'AsymmetricX509Cert',
    usage: 'Verify',
    displayName: name,
    key: new X509Certificate(certificate).raw.toString('base64'),
  }
  const body = JSON.stringify({ keyCredentials: [key] })
  return {
    az: [
      ...signIn(id),
      `printf '%s\\n' ${certificate.trim().split('\n').map(quote).join(' ')} > ${quote(file)}`,
      `az ad app credential reset --id ${id.clientId} --cert ${quote(`@${file}`)} --append`,
    ],
    graph: [`az rest --method PATCH --url ${quote(urlOf(id))} --body ${quote(body)}`],
  }
}

/** The commands that make the application trust the tokens of a user-assigned identity. */
export function federationCommands(id: EntraApplicationId, trust: FederatedTrust): EntraCommands {
  const { exchangeAudience } = ENTRA_CLOUDS[id.cloud]
  const body = JSON.stringify({ ...trust, audiences: [exchangeAudience] })
  const url = `${urlOf(id)}/federatedIdentityCredentials`
  return {
    az: [
      ...signIn(id),
      `az ad app federated-credential create --id ${id.clientId} --parameters ${quote(body)}`,
    ],
    graph: [`az rest --method POST --url ${quote(url)} --body ${quote(body)}`],
  }
}

function signIn({ cloud, tenantId }: EntraApplicationId): string[] {
  return [
    `az cloud set --name ${ENTRA_CLOUDS[cloud].azName}`,
    `az login --tenant ${tenantId} --allow-no-subscriptions`,
  ]
}

function urlOf({ cloud, clientId }: EntraApplicationId): string {
  return `${ENTRA_CLOUDS[cloud].graph}/v1.0/applications(appId='${clientId}')`
}

/** For a POSIX shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
