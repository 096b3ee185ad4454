/**
 * A bench without an agent: a file with a token of the machine, which the client itself exchanges at the control plane
 * for one of an identity that trusts it.
 *
 * @see docs/federation.md
 * @module
 */

import { join } from 'node:path'
import { systemClock } from '@landfast/agent'
import { FEDERATED_AUDIENCE } from '@landfast/protocol'
import { writeTokenFile } from '../packages/agent/src/token-files/token-writer.ts'
import { workloadVariables } from '../packages/cli/src/run/workload-identity.ts'
import { everyTrust } from '../packages/emulator/src/environment/trusted-variables.ts'
import type { Bench, Lab } from './bench.ts'
import type { Case, Step } from './cases.ts'
import type { Site } from './site.ts'
import { behindDeadProxy } from './surroundings.ts'

/** More than a token's hour and what the authority lets pass. */
const EXPIRED_AFTER_SECONDS = 7200

/** Prepares the variables; the file comes with each step. */
export async function openWorkloadBench({ site, folder }: Lab, wanted: Case): Promise<Bench> {
  const { controlPlane, identities } = site
  const file = join(folder, 'federated-token')
  const { clientId, tenantId } = identities.federated
  const variables = {
    ...workloadVariables({ file, clientId, tenantId, authority: controlPlane.url }),
    ...(await everyTrust({}, folder, controlPlane.ca)),
  }
  let before = 0
  return {
    variables: wanted.surroundings === 'proxy' ? behindDeadProxy(variables) : variables,
    identity: identities.federated,
    selector: null,
    prepare: async ({ federated }) => {
      controlPlane.setLater(0)
      await writeToken(site, file, federated)
      if (federated === 'expired') controlPlane.setLater(EXPIRED_AFTER_SECONDS)
      before = await controlPlane.countIssued()
    },
    // Of the last step: cases that count have one.
    count: async () => ({ granted: (await controlPlane.countIssued()) - before }),
    now: () => systemClock.now(),
    close: async () => controlPlane.setLater(0),
  }
}

/** The identity trusts the machine's own tokens, and those of no other identity. */
async function writeToken(site: Site, path: string, fault: Step['federated']): Promise<void> {
  const { own, assigned } = site.identities
  const identity = fault === 'untrusted' ? assigned : own
  const { signal } = new AbortController()
  const { accessToken } = await site.membership.source.getToken(identity, FEDERATED_AUDIENCE, signal)
  const alone = { mode: 0o600, userId: undefined, groupId: undefined, remember: async () => {} }
  await writeTokenFile(accessToken, { path, isOurs: true, ...alone })
}
