/**
 * A runner of GitHub Actions as its jobs see it: an address at which a job gets its own token, signed by the platform's
 * issuer, for the audience that the job names.
 *
 * @see https://docs.github.com/actions/reference/security/oidc
 * @module
 */

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { AUDIENCE } from './oidc-issuer.ts'

/** What the platform is made of. */
export interface PlatformOptions {
  address: string
  tls: { key: string; certificate: string }
  /** Signs a token for the job `subject`. */
  tokenFor: (subject: string) => Promise<string>
}

/** Starts it; the result gives the variables of a job with `permissions: id-token: write`. */
export async function startGithubPlatform({ address, tls, tokenFor }: PlatformOptions) {
  const jobs = new Map<string, string>()
  const server = createServer({ key: tls.key, cert: tls.certificate }, async (incoming, outgoing) => {
    const { searchParams } = new URL(incoming.url ?? '', `https://${address}`)
    const [, bearer = ''] = /^Bearer (.+)$/.exec(incoming.headers.authorization ?? '') ?? []
    const subject = jobs.get(bearer)
    if (subject === undefined || searchParams.get('audience') !== AUDIENCE) outgoing.writeHead(403).end()
    else outgoing.end(JSON.stringify({ count: 1, value: await tokenFor(subject) }))
  })
  await once(server.listen(0, address), 'listening')
  const { port } = server.address() as AddressInfo
  return (subject: string): Record<string, string> => {
    const bearer = randomBytes(16).toString('base64url')
    jobs.set(bearer, subject)
    return {
      GITHUB_ACTIONS: 'true',
      ACTIONS_ID_TOKEN_REQUEST_URL: `https://${address}:${port}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer,
    }
  }
}
