/** AWS's own SDKs, unmodified, on a machine of ours: by the agent's endpoint, and by a file with a token. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AWS_VARIABLE } from '@landfast/protocol'
import { describe, expect, type TestContext, test } from 'vitest'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import {
  AUDIENCE,
  type AwsMachine,
  OTHER_ROLE,
  ROLE,
  runJavaScript,
  runPython,
  type SdkReport,
  SECRET,
  startAwsMachine,
  surroundings,
} from './aws-machine.ts'

const TOKEN_FILE = `${AWS_VARIABLE.authorizationToken}_FILE`

/** A file with `text`, as a program reads it. */
function fileWith(text: string): string {
  const file = join(temporaryFolder(), 'token')
  writeFileSync(file, text, { mode: 0o600 })
  return file
}

/** The variables of a program that finds the secret in a file. */
function containerOf({ env }: AwsMachine, text = SECRET): Record<string, string> {
  return { ...env, [TOKEN_FILE]: fileWith(text) }
}

/** Those of one that exchanges a token of the machine itself. */
async function webIdentityOf({ sts, machine }: AwsMachine, role = ROLE, audience = AUDIENCE) {
  const { source, identity } = machine.membership
  const { accessToken } = await source.getToken(identity, audience, AbortSignal.timeout(30_000))
  return {
    ...surroundings(sts),
    AWS_ROLE_ARN: role,
    AWS_WEB_IDENTITY_TOKEN_FILE: fileWith(accessToken),
  }
}

function expectGood({ sts }: AwsMachine, { error, accessKeyId = '', digest }: SdkReport): void {
  expect(error).toBeUndefined()
  expect(digest).toBe(sts.digestOf(accessKeyId))
}

test('boto3 gets credentials of the role at the endpoint, and signs with them', async (context) => {
  const aws = await startAwsMachine()
  const report = await runPython(context, containerOf(aws))
  expectGood(aws, report)
  expect(report).toMatchObject({
    method: 'container-role',
    arn: 'arn:aws:sts::111122223333:assumed-role/shop/web',
  })
  expect(aws.sts.exchanges).toHaveLength(1)
})

test('the SDK for JavaScript gets credentials of the role at the endpoint', async () => {
  const aws = await startAwsMachine()
  expectGood(aws, await runJavaScript('container', containerOf(aws)))
})

test('boto3 exchanges a token file by itself, and signs with what it gets', async (context) => {
  const aws = await startAwsMachine()
  const report = await runPython(context, await webIdentityOf(aws))
  expectGood(aws, report)
  expect(report).toMatchObject({ method: 'assume-role-with-web-identity' })
})

test('the SDK for JavaScript exchanges a token file by itself', async () => {
  const aws = await startAwsMachine()
  expectGood(aws, await runJavaScript('web-identity', await webIdentityOf(aws)))
})

test('a role that does not trust the machine gives it nothing by a token file, nor does another audience', async (context) => {
  const aws = await startAwsMachine()
  expect((await runPython(context, await webIdentityOf(aws, OTHER_ROLE))).error).toContain('AccessDenied')
  const elsewhere = await webIdentityOf(aws, ROLE, 'https://storage.azure.com')
  expect((await runPython(context, elsewhere)).error).toContain('Incorrect token audience')
})

const SDKS = {
  boto3: (context: TestContext, env: Record<string, string>) => runPython(context, env),
  'the SDK for JavaScript': (_: TestContext, env: Record<string, string>) =>
    runJavaScript(AWS_VARIABLE.credentialsUri in env ? 'container' : 'web-identity', env),
}

/** The same claims, with another signature. */
function forge(file: string): void {
  const [header, claims, signature = ''] = readFileSync(file, 'utf8').split('.')
  const bytes = Buffer.from(signature, 'base64url')
  bytes[0] = (bytes[0] ?? 0) ^ 1
  writeFileSync(file, [header, claims, bytes.toString('base64url')].join('.'))
}

describe.each(Object.entries(SDKS))('%s', (_, ask) => {
  test.for([
    ['forged', /retrieve verification key/],
    ['expired', /Token expired/],
    ['for another audience', /Incorrect token audience/],
    ['of another subject', /Not authorized/],
  ] as const)('gets nothing for a token that is %s', async ([fault, refusal], context) => {
    const aws = await startAwsMachine()
    const role = fault === 'of another subject' ? OTHER_ROLE : ROLE
    const audience = fault === 'for another audience' ? 'https://storage.azure.com' : AUDIENCE
    const env = await webIdentityOf(aws, role, audience)
    if (fault === 'forged') forge(env.AWS_WEB_IDENTITY_TOKEN_FILE)
    if (fault === 'expired') aws.sts.aheadSeconds = 2 * 86_400
    expect((await ask(context, env)).error).toMatch(refusal)
  })

  test('gets nothing at the endpoint once the machine is disabled', async (context) => {
    const aws = await startAwsMachine()
    const { site, machine } = aws
    const env = containerOf(aws)
    expect((await ask(context, env)).error).toBeUndefined()
    const body = { resourceId: machine.membership.identity.resourceId }
    await site.client.call('POST', '/landfast/v1/machines/disable', { body })
    await machine.membership.look()
    const { error, accessKeyId } = await ask(context, env)
    expect([error, accessKeyId]).toEqual([expect.stringMatching(/identity_refused|disabled/), undefined])
  })
})

test('both SDKs show why they get no credentials: the secret is wrong, or the role does not trust the machine', async (context) => {
  const aws = await startAwsMachine({ roleArn: OTHER_ROLE })
  for (const [text, code] of [
    ['a-wrong-secret-of-the-endpoint', 'identity_header_rejected'],
    [SECRET, 'credentials_refused'],
  ] as const) {
    const env = containerOf(aws, text)
    expect((await runPython(context, env)).error).toContain(code)
    const { error } = await runJavaScript('container', env)
    expect(error).toMatch(code === 'credentials_refused' ? /trust policy does not admit/ : /missing or wrong/)
  }
})

test('a token file that ends with a line break is no good to either SDK, and the agent is not asked', async (context) => {
  const aws = await startAwsMachine()
  await expect.poll(() => aws.sts.exchanges.length).toBe(1)
  const env = containerOf(aws, `${SECRET}\r\n`)
  expect((await runPython(context, env)).error).toMatch(/new ?line|auth token/i)
  expect((await runJavaScript('container', env)).error).toMatch(/invalid/)
})
