/** `landfast token --format aws` as the process that AWS's clients start. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { endpointVariables } from '@landfast/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { makeCommand, type TestCommand } from '../cli/command.ts'
import {
  type AwsMachine,
  OTHER_ROLE,
  ROLE,
  runPython,
  SECRET,
  startAwsMachine,
  surroundings,
} from './aws-machine.ts'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

/** A machine whose agent gives tokens alone, and the variables of a program on it. */
async function start(): Promise<AwsMachine & { env: Record<string, string> }> {
  const aws = await startAwsMachine({ endpoints: [{ style: 'app-service', secret: SECRET }] })
  const [location] = aws.machine.locations
  if (!location) throw new Error('there is no endpoint')
  return { ...aws, env: { ...surroundings(aws.sts), ...endpointVariables(location) } }
}

const FORMAT = ['token', '--format', 'aws']

test('the line has credentials of the role, in the form of version 1', async () => {
  const { sts, env } = await start()
  const { code, stdout, stderr } = await command.run([...FORMAT, '--role-arn', ROLE], { env })
  expect([code, stderr]).toEqual([0, ''])
  const line = JSON.parse(stdout)
  expect(Object.keys(line).sort()).toEqual([
    'AccessKeyId',
    'Expiration',
    'SecretAccessKey',
    'SessionToken',
    'Version',
  ])
  expect([line.Version, sts.digestOf(line.AccessKeyId)]).toEqual([1, expect.any(String)])
  expect(sts.exchanges).toMatchObject([{ RoleArn: ROLE, RoleSessionName: 'web' }])
})

test('boto3 takes credentials of the process, and signs with them', async (context) => {
  const { sts, env } = await start()
  const config = join(temporaryFolder(), 'config')
  const line = [...command.argv, ...FORMAT, '--role-arn', ROLE].join(' ')
  writeFileSync(config, `[default]\ncredential_process = ${line}\n`)
  const report = await runPython(context, {
    ...env,
    AWS_CONFIG_FILE: config,
    AWS_ROLE_SESSION_NAME: 'by-hand',
  })
  expect(report).toMatchObject({
    method: 'custom-process',
    digest: sts.digestOf(report.accessKeyId ?? ''),
    arn: 'arn:aws:sts::111122223333:assumed-role/shop/by-hand',
  })
})

test.each([
  ['no role', [], {}, 16, '"--role-arn", or AWS_ROLE_ARN'],
  ['a role that is none', ['--role-arn', 'shop'], {}, 23, '"--role-arn" must be the ARN of a role'],
  [
    'a service without TLS elsewhere',
    ['--sts-url', 'http://sts.example/'],
    { AWS_ROLE_ARN: ROLE },
    23,
    'https://',
  ],
  ['a role that does not trust it', [], { AWS_ROLE_ARN: OTHER_ROLE }, 1, 'trust policy does not admit'],
  ['a service that is away', ['--sts-url', 'http://127.0.0.1:9/'], { AWS_ROLE_ARN: ROLE }, 26, '127.0.0.1:9'],
] as const)(
  '%s is an error of the command, and nothing is printed',
  async (_, flags, variables, code, text) => {
    const { env } = await start()
    const ended = await command.run([...FORMAT, ...flags], { env: { ...env, ...variables } })
    expect([ended.code, ended.stdout, ended.stderr.includes(text)], ended.stderr).toEqual([code, '', true])
  },
)
