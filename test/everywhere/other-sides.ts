/**
 * The four that accept the identity of a machine, each of which verifies it by the discovery document of its control plane: Entra
 * ID, Google, AWS and a realm of Keycloak.
 *
 * @module
 */

import { makeCertificate } from '../../packages/control-plane/src/testing/issuer-keys.ts'
import { startSts } from '../aws/sts-double.ts'
import { startEntra } from '../entra/server.ts'
import { APPLICATION } from '../entra/trial-client.ts'
import { issuerAt, startKeycloak, trustToo } from '../keycloak/running-keycloak.ts'
import { startStsDouble } from '../trust/google-sts.ts'
import { startRealm } from './realm-double.ts'

/** The role at AWS. */
export const ROLE = 'arn:aws:iam::111122223333:role/shop'

/** What AWS wants in a token. */
export const AWS_AUDIENCE = 'sts.amazonaws.com'

/** The client of the realm. */
export const REALM_CLIENT = 'shop'

const ADDRESS = '127.0.0.1'

/** The issuer of the realm, which is the audience of assertions for it. */
export const REALM = issuerAt(ADDRESS)

const EXCHANGE = 'api://AzureADTokenExchange'

/** What they are told of the control plane and of whom to trust. */
export interface Trusted {
  /** `https://HOST:PORT/TENANT`. */
  authority: string
  issuer: string
  ca: string
  caFile: string
  /** The subject of the machine itself. */
  machine: string
  /** The subject of the identity that is the application of Entra ID. */
  cloud: string
  /** The full name of the provider at Google. */
  googleName: string
}

/** What runs. */
export type OtherSides = Awaited<ReturnType<typeof startOtherSides>>

/** Starts all of them on this host; Keycloak, if there is its command, and else what stands for it. */
export async function startOtherSides(trusted: Trusted, keycloak: string, folder: string) {
  const { authority, issuer, ca, machine, cloud, googleName } = trusted
  const entra = await startEntra({
    application: APPLICATION,
    credentials: { federated: [{ issuer, subject: cloud, audience: EXCHANGE }] },
    issuerCa: ca,
  })
  const google = await startStsDouble({
    ...{ authority, ca, name: googleName },
    ...{ allowedAudiences: [], subject: machine },
  })
  const aws = await startSts({
    provider: { issuer, ca, audiences: [AWS_AUDIENCE] },
    roles: { [ROLE]: { sub: machine, aud: AWS_AUDIENCE } },
  })
  const realm = await startTheRealm(trusted, keycloak, folder)
  const stop = async () => {
    google.close()
    await Promise.all([entra.stop(), aws.stop(), realm.stop()])
  }
  return { entra, google, aws, realm, stop }
}

/** The realm, with one client that is the machine. */
async function startTheRealm(trusted: Trusted, program: string, folder: string) {
  const { authority, issuer, ca, caFile, machine: subject } = trusted
  const tls = await makeCertificate([{ type: 'ip', value: ADDRESS }])
  if (!program) {
    const client = { id: REALM_CLIENT, subject }
    return { tls, stop: await startRealm({ issuer: REALM, tls, trusted: { issuer, ca }, client }) }
  }
  trustToo(tls.certificate)
  const keycloak = await startKeycloak({ program, address: ADDRESS, tls, folder, trustedCaFiles: [caFile] })
  const found = await keycloak.administer('POST', '/identity-provider/import-config', {
    providerId: 'oidc',
    fromUrl: `${authority}/.well-known/openid-configuration`,
  })
  const login = { clientId: 'none', clientSecret: 'none', supportsClientAssertions: 'true' }
  await keycloak.administer('POST', '/identity-provider/instances', {
    ...{ alias: 'landfast', providerId: 'oidc' },
    config: { ...found, ...login },
  })
  await keycloak.administer('POST', '/clients', {
    ...{ clientId: REALM_CLIENT, clientAuthenticatorType: 'federated-jwt' },
    attributes: { 'jwt.credential.issuer': 'landfast', 'jwt.credential.sub': subject },
    ...{ serviceAccountsEnabled: true, standardFlowEnabled: false },
  })
  return { tls, stop: () => keycloak.stop() }
}
