/**
 * A second server joins: an administrator makes a join token, and one line on the server does the rest.
 *
 * @see docs/connect.md
 * @module
 */

import { readFile } from 'node:fs/promises'
import { parseJoinToken } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { readAdministrator } from '../control-plane/administrator-file.ts'
import { createControlPlaneClient } from '../control-plane/control-plane-client.ts'
import type { Site } from '../run/local-site.ts'
import type { Stage } from './stage.ts'

const NAME = 'second-server'

/** Shows it; the server's state is in `folder`. */
export async function showJoin(stage: Stage, site: Site, folder: string): Promise<void> {
  const { beginRegistration, completeRegistration, openMembership } = await import('@landfast/agent/upstream')
  const { enrolByToken } = await import('../machine/enrolment.ts')
  const text = await makeJoinToken(site)
  stage.line('$ landfast join-token create --resource-group demo')
  stage.line(`${text.slice(0, 12)}… (${text.length} characters; one machine, one hour)`)
  stage.line('')
  stage.line(`$ landfast connect --join-token-file - --resource-name ${NAME}`)
  const token = parseJoinToken(text)
  if (!token) throw new CliError('demo_failed', { detail: 'the join token is not whole' })
  const { pending } = await beginRegistration(folder, NAME)
  const target = { token, name: NAME, location: undefined, tags: {} }
  const progress = (step: string) => stage.line(step)
  const result = await enrolByToken(target, { pending, properties: {}, progress })
  await completeRegistration(folder, result)
  stage.line(`connected as ${result.enrolment.identity.resourceId}`)
  const membership = await openMembership({ folder })
  try {
    await membership.round()
    stage.line(`its first heartbeat was taken: ${membership.status.status}`)
  } finally {
    await membership.stop()
  }
}

async function makeJoinToken({ administratorFile, controlPlaneUrl, caFile }: Site): Promise<string> {
  if (administratorFile === undefined) {
    throw new CliError('demo_failed', { detail: 'the control plane has no administrator' })
  }
  const { clientId, clientSecret: secret } = await readAdministrator(administratorFile)
  const client = await createControlPlaneClient({
    url: controlPlaneUrl,
    ca: await readFile(caFile, 'utf8'),
    credential: { kind: 'secret', clientId, secret },
  })
  try {
    const body = { resourceGroup: 'demo' }
    const answer = await client.call('POST', '/landfast/v1/join-tokens', { body })
    return String(answer.body.token)
  } finally {
    client.close()
  }
}
