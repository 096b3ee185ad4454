/** SeaweedFS, whose Security Token Service is not ours and verifies: an object store takes the machine for what it is. */

import { generateKeyPairSync, sign } from 'node:crypto'
import { createStsExchange } from '@landfast/agent/upstream'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { AUDIENCE, OTHER_ROLE, ROLE, runPython, SECRET, startAwsMachine } from './aws-machine.ts'
import { findSeaweedfs, SEAWEEDFS, startSeaweedfs } from './seaweedfs.ts'

/** The header and the claims of `token`, signed with another key. */
function forge(token: string): string {
  const signed = token.slice(0, token.lastIndexOf('.'))
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`
}

test('boto3 keeps an object in SeaweedFS by the agent’s endpoint; forged, for another audience or role, nothing', {
  timeout: 180_000,
}, async (context) => {
  const program = findSeaweedfs()
  const advice = `SeaweedFS is not installed; "npm run setup:parts -- ${SEAWEEDFS}" builds it`
  context.skip(program === undefined, advice)
  let url = ''
  const aws = await startAwsMachine({
    service: async (trust) => {
      const server = await startSeaweedfs(program ?? '', temporaryFolder(), trust)
      onTestFinished(() => server.stop())
      url = server.url
      return url
    },
  })
  const { source, identity } = aws.machine.membership
  const tokenFor = async (audience: string) =>
    (await source.getToken(identity, audience, AbortSignal.timeout(30_000))).accessToken
  const exchange = async (token: string, roleArn = ROLE) =>
    await createStsExchange({ roleArn, sessionName: 'web', url }).exchange(token, AbortSignal.timeout(30_000))
  const token = await tokenFor(AUDIENCE)
  // Its filer may still be looking for its master.
  await expect
    .poll(() => exchange(token).catch(String), { timeout: 60_000 })
    .toMatchObject({
      AccessKeyId: expect.any(String),
    })
  const refused = expect.objectContaining({ failure: 'resource_refused' })
  await expect(exchange(forge(token))).rejects.toEqual(refused)
  await expect(exchange(await tokenFor('https://storage.azure.com'))).rejects.toEqual(refused)
  await expect(exchange(token, OTHER_ROLE)).rejects.toEqual(refused)
  const env = { ...aws.env, AWS_CONTAINER_AUTHORIZATION_TOKEN: SECRET, AWS_ENDPOINT_URL_S3: url }
  expect(await runPython(context, env, 's3.py')).toEqual({
    method: 'container-role',
    body: 'made fast to the land',
  })
})
