import { compactVerify, decodeJwt, decodeProtectedHeader } from 'jose'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createForeignIssuers } from '../../packages/control-plane/src/federation/foreign-issuers.ts'
import {
  LOOPBACK,
  resolveToLoopback,
  startForeignServer,
} from '../../packages/control-plane/src/testing/foreign-server.ts'
import { AUDIENCE, createOidcIssuer } from './oidc-issuer.ts'

const WORKLOAD = 'repo:shop/web:ref:refs/heads/main'

test.each(['RS256', 'ES256'] as const)(
  'the key of a token that oidc-provider signed by %s is found',
  async (alg) => {
    const server = await startForeignServer(() => {})
    const issuer = await createOidcIssuer(server.origin, { alg, workloads: [WORKLOAD] })
    server.answerWith(issuer.listener)
    const token = await issuer.tokenFor(WORKLOAD, { address: '127.0.0.1', ca: server.ca })
    expect(decodeJwt(token)).toMatchObject({ iss: server.origin, sub: WORKLOAD, aud: AUDIENCE })
    const issuers = createForeignIssuers({
      access: new Map([[server.origin, { networks: LOOPBACK, ca: server.ca }]]),
      resolve: resolveToLoopback,
      log: pino({ enabled: false }),
      now: () => new Date(),
    })
    const { kid = '' } = decodeProtectedHeader(token)
    const key = await issuers.findKey(server.origin, { alg, kid }, { sharer: 'group' })
    expect(key).toBeDefined()
    if (key) await compactVerify(token, key, { algorithms: [alg] })
  },
)
