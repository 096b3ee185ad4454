/**
 * A service principal in the environment: its secret, or its certificate.
 *
 * @see https://learn.microsoft.com/javascript/api/@azure/identity/environmentcredential
 * @module
 */

import { WORKLOAD_VARIABLE } from '@landfast/protocol'
import { type AuthorityClient, type ClientProof, readAuthorityClient } from '../authority/authority.ts'
import { readClientCertificate, signAssertion } from '../authority/certificate.ts'
import type { SourceKind } from '../source.ts'
import type { Surroundings } from '../surroundings.ts'
import { authoritySource } from './authority-source.ts'

const SECRET = 'AZURE_CLIENT_SECRET'
const CERTIFICATE = 'AZURE_CLIENT_CERTIFICATE_PATH'
const PASSWORD = 'AZURE_CLIENT_CERTIFICATE_PASSWORD'
const SEND_CHAIN = 'AZURE_CLIENT_SEND_CERTIFICATE_CHAIN'

/** The source of `AZURE_CLIENT_SECRET` or `AZURE_CLIENT_CERTIFICATE_PATH`. */
export const environment: SourceKind<'environment'> = {
  name: 'environment',
  managed: false,
  find(surroundings, wanted) {
    const { env } = surroundings
    if (!env[SECRET] && !env[CERTIFICATE]) return `neither ${SECRET} nor ${CERTIFICATE} is set`
    const client = readAuthorityClient(surroundings, wanted, {
      clientId: env[WORKLOAD_VARIABLE.clientId],
      tenantId: env[WORKLOAD_VARIABLE.tenantId],
    })
    if (typeof client === 'string') return client
    const foundBy = env[SECRET] ? SECRET : CERTIFICATE
    return authoritySource(client, proofOf(client, surroundings), surroundings, foundBy)
  },
}

/** The certificate is read for each request, so that a new one is taken without a new start. */
function proofOf({ url, clientId }: AuthorityClient, { env, now }: Surroundings): () => ClientProof {
  const [secret, path] = [env[SECRET], env[CERTIFICATE] ?? '']
  if (secret) return () => ({ secret })
  const sendChain = ['true', '1'].includes((env[SEND_CHAIN] ?? '').toLowerCase())
  return () => ({
    assertion: signAssertion(readClientCertificate(path, env[PASSWORD]), {
      tokenEndpoint: url.href,
      clientId,
      now: now(),
      sendChain,
    }),
  })
}
