/** The style aws at the agent of a connected machine: who gets credentials, and what ends that. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { type AwsChanges, type AwsMachine, ROLE, SECRET, startAwsMachine } from './aws-machine.ts'
import type { StsDouble } from './sts-double.ts'

/** Asks as AWS's clients do. */
async function ask({ url }: AwsMachine, { secret = SECRET, query = '', method = 'GET' } = {}) {
  const answer = await fetch(url + query, { method, headers: { Authorization: secret } })
  return {
    status: answer.status,
    headers: answer.headers,
    body: (await answer.json()) as Record<string, string>,
  }
}

/** A file with one rule. */
function policyWith(rule: Record<string, string>): string {
  const file = join(temporaryFolder(), 'policy.yaml')
  writeFileSync(file, JSON.stringify({ rules: [{ name: 'one', effect: 'allow', ...rule }] }))
  return file
}

/** A machine whose first credentials have come, so that a test sees what it does itself. */
async function startWarm(changes: AwsChanges = {}): Promise<AwsMachine> {
  const aws = await startAwsMachine(changes)
  await expect.poll(() => aws.sts.exchanges.length).toBe(1)
  return aws
}

test('credentials are there before the first caller, whose answer is AWS’s and all text', async () => {
  const aws = await startWarm()
  const { status, body, headers } = await ask(aws)
  expect(status).toBe(200)
  expect(Object.keys(body)).toEqual(['AccessKeyId', 'SecretAccessKey', 'Token', 'Expiration'])
  expect(body.Expiration).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  expect(headers.get('cache-control')).toBe('no-store')
  expect((await ask(aws)).body).toEqual(body)
  expect(aws.sts.exchanges).toEqual([
    {
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: ROLE,
      RoleSessionName: 'web',
    },
  ])
})

test.each([
  ['a wrong secret', { secret: 'the-secret-of-another-endpoint' }, 401, 'identity_header_rejected'],
  ['another method', { method: 'POST' }, 405, 'method_not_allowed'],
  ['another path', { query: '/more' }, 404, 'path_unknown'],
  ['a selector', { query: '?client_id=one' }, 400, 'selector_unsupported'],
] as const)('%s is refused in AWS’s form', async (_, otherwise, status, code) => {
  const aws = await startWarm()
  expect(await ask(aws, otherwise)).toMatchObject({
    status,
    body: { Code: code, Message: expect.any(String), RequestId: expect.stringMatching(/^[\da-f-]{36}$/) },
  })
})

test('the policy decides by the style and the audience, though credentials are held', async () => {
  const other = await startWarm({ policy: policyWith({ style: 'app-service' }) })
  expect(await ask(other)).toMatchObject({ status: 403, body: { Code: 'policy_denied' } })
  const rule = { style: 'aws', audience: 'sts.amazonaws.com', identity: 'system' }
  expect((await ask(await startWarm({ policy: policyWith(rule) }))).status).toBe(200)
})

test('the audit tells who got credentials and who did not, and neither it nor the log has them', async () => {
  const auditLog = join(temporaryFolder(), 'audit.jsonl')
  const aws = await startWarm({ auditLog })
  const { body } = await ask(aws)
  aws.sts.failure = { status: 403, code: 'AccessDenied' }
  await ask(aws, { secret: 'the-secret-of-another-endpoint' })
  await aws.machine.stop()
  const text = readFileSync(auditLog, 'utf8')
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines).toMatchObject([
    { style: 'aws', audience: 'sts.amazonaws.com', outcome: 'granted', userId: process.getuid?.() },
    { style: 'aws', outcome: 'refused', reason: 'identity_header_rejected' },
  ])
  for (const secret of [body.SecretAccessKey, body.Token, SECRET]) {
    expect(text + aws.machine.logged.join('')).not.toContain(secret)
  }
})

test('a role that AWS refuses is told with AWS’s code and the next step, in the log as well', async () => {
  const aws = await startWarm({ roleArn: 'arn:aws:iam::111122223333:role/missing' })
  const { status, body, headers } = await ask(aws)
  expect([status, body.Code]).toEqual([403, 'credentials_refused'])
  expect(body.Message).toMatch(/\(AccessDenied: .*trust policy/)
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  expect(aws.machine.logged.join('')).toContain('Not authorized to perform sts:AssumeRoleWithWebIdentity')
})

test.each([
  ['is away', undefined, 503, 'upstream_unavailable'],
  ['fails', { status: 500, code: 'InternalFailure' }, 503, 'upstream_unavailable'],
  ['answers a page', { status: 200, body: '<html>Sign in</html>' }, 503, 'upstream_unavailable'],
  ['asks to slow down', { status: 400, code: 'Throttling', retryAfter: '7' }, 429, 'upstream_throttled'],
] as const)(
  'while the service of AWS %s a caller is told so, and when to ask again',
  async (_, failure, status, code) => {
    const before = async (sts: StsDouble) => {
      sts.failure = failure
      if (!failure) await sts.stop()
    }
    const aws = await startAwsMachine({ before })
    expect(await ask(aws)).toMatchObject({ status, body: { Code: code } })
    expect(Number((await ask(aws)).headers.get('retry-after'))).toBeGreaterThan(0)
  },
)

test('a disabled machine gets no credentials from the next look on, though some are held; enabled, it gets some', async () => {
  const aws = await startWarm()
  const { site, machine } = aws
  expect((await ask(aws)).status).toBe(200)
  const body = { resourceId: machine.membership.identity.resourceId }
  await site.client.call('POST', '/landfast/v1/machines/disable', { body })
  await machine.membership.look()
  expect(await ask(aws)).toMatchObject({ status: 400, body: { Code: 'identity_refused' } })
  expect(aws.sts.exchanges).toHaveLength(1)
  await site.client.call('POST', '/landfast/v1/machines/enable', { body })
  await expect.poll(async () => (await ask(aws)).status, { timeout: 20_000 }).toBe(200)
  expect(aws.sts.exchanges).toHaveLength(2)
})
