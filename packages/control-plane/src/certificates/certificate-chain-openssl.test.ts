/**
 * Chains made at random are judged here and by `openssl verify -purpose sslclient`: what it refuses is never taken, and
 * what it takes is refused only for a reason that `STRICTER` lists.
 */

import { execFile, spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newClientCertificate } from '../registry/client-certificates.ts'
import { makeOddChain, ODDITIES, type Oddity } from '../testing/odd-chains.ts'
import { temporaryFolder } from '../testing/trial.ts'
import type { TrialCertificate } from '../testing/trial-certificates.ts'
import { authoritiesOf, readChain } from './certificate-chain.ts'

const NOW = new Date()

/** What we refuse though openssl takes it, and why. */
const STRICTER: Partial<Record<Oddity, string>> = {
  'names it may have': 'name constraints are not evaluated',
  'names of others': 'name constraints are not evaluated',
  'names it may not have': 'name constraints are not evaluated',
  'names it should not have': 'name constraints are not evaluated',
  'names that it should have': 'name constraints are not evaluated',
  'networks of its own': 'the resources of RFC 3779 are not evaluated',
  'critical policies': 'policies are not evaluated, so a critical one is refused',
  'may agree on keys': 'the certificate of a client must be for signing',
  'may certify': 'the certificate of a client must be for signing',
  'an authority': 'an authority is no client',
  'an authority with none below': 'an authority is no client',
  'an authority with one below':
    'an authority is no client; certificates that issued themselves count as well',
  'two constraints': 'an authority is no client',
  'of version 1': 'an authority says so in its basic constraints',
  'on P-384': 'a client signs with ES256',
  'on P-521': 'a client signs with ES256',
  'with short RSA': 'short keys are weak',
  'signed over SHA-1': 'SHA-1 is broken',
  'of its issuer’s name': 'a certificate with the subject of its issuer counts in the length of a path',
}

/** A chain from its leaf to its anchor: how many authorities it has, and what is odd about which certificate. */
const CHAIN = fc.record({
  authorities: fc.integer({ min: 1, max: 4 }),
  oddities: fc.array(
    fc.record({ at: fc.nat({ max: 4 }), what: fc.constantFrom(...(Object.keys(ODDITIES) as Oddity[])) }),
    { maxLength: 3 },
  ),
  isAnchorSelfSigned: fc.boolean(),
  sendsAnchor: fc.boolean(),
})

/** Whether we take it, with the authority as it would have been registered. */
function isTaken(chain: readonly TrialCertificate[], { sendsAnchor }: { sendsAnchor: boolean }): boolean {
  const anchor = chain.at(-1)
  if (!anchor) return false
  const sent = sendsAnchor && chain.length > 2 ? chain : chain.slice(0, -1)
  const read = readChain(
    sent.map(({ der }) => der),
    NOW,
  )
  const authorities = [{ certificate: new X509Certificate(anchor.pem) }]
  const isTakenNow = read !== undefined && authoritiesOf(read, authorities, NOW).length === 1
  // What is refused at registration would never be taken.
  if (isTakenNow) newClientCertificate({ pem: anchor.pem, subjectName: 'CN=deploy,O=Example', time: NOW })
  return isTakenNow
}

/** Whether openssl takes it. */
async function isVerified(chain: readonly TrialCertificate[], folder: string): Promise<boolean> {
  const [leaf, ...above] = chain
  const anchor = above.pop()
  const file = (name: string) => join(folder, name)
  await writeFile(file('leaf.pem'), leaf?.pem ?? '')
  await writeFile(file('anchor.pem'), anchor?.pem ?? '')
  await writeFile(file('untrusted.pem'), above.map(({ pem }) => `${pem}\n`).join(''))
  const untrusted = above.length > 0 ? ['-untrusted', file('untrusted.pem')] : []
  const trusting = ['-no-CApath', '-no-CAstore', '-partial_chain', '-CAfile', file('anchor.pem')]
  const wanting = ['verify', '-purpose', 'sslclient', ...trusting, ...untrusted, file('leaf.pem')]
  return new Promise((resolve) => execFile('openssl', wanting, (error) => resolve(error === null)))
}

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
const RUNS = 250

test.runIf(true)(
  'what openssl refuses is refused, and what it takes is taken or refused for a reason that is listed',
  async (context) => {
    if (!hasOpenssl) context.skip('there is no openssl here')
    const folder = await temporaryFolder()
    let taken = 0
    await fc.assert(
      fc.asyncProperty(CHAIN, async (plan) => {
        const chain = await makeOddChain(plan)
        const [ours, theirs] = [isTaken(chain, plan), await isVerified(chain, folder)]
        if (ours) taken += 1
        if (ours) expect(theirs).toBe(true)
        else if (theirs)
          expect(plan.oddities.map(({ what }) => STRICTER[what])).toContainEqual(expect.any(String))
      }),
      { seed: 20_261_128, numRuns: RUNS },
    )
    expect(taken).toBeGreaterThan(RUNS / 10)
  },
  120_000,
)
