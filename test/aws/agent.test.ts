/** The agent as a service with the style aws, from its settings, and what `check` says of them. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { makeCommand, type TestCommand } from '../cli/command.ts'
import { ROLE, runPython, SECRET, startAwsMachine } from './aws-machine.ts'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

/** A settings file, beside the file of a secret that ends with a line break. */
function settingsFile(lines: Record<string, string>): string {
  const folder = temporaryFolder()
  const secret = join(folder, 'identity-header')
  writeFileSync(secret, `${SECRET}\n`, { mode: 0o600 })
  const file = join(folder, 'agent.yaml')
  writeFileSync(file, JSON.stringify({ styles: 'aws', 'identity-header-file': secret, ...lines }), {
    mode: 0o600,
  })
  return file
}

test('the service of the style aws serves boto3, whatever ends the file of its secret, and check says what does', async (context) => {
  const { machine, folder, sts, env } = await startAwsMachine()
  await machine.stop()
  const config = settingsFile({ 'state-dir': folder, 'aws-role-arn': ROLE, 'aws-sts-url': sts.url })
  const agent = command.start(['agent', '--config', config])
  onTestFinished(() => void agent.child.kill('SIGKILL'))
  await agent.wrote('the agent is started')
  const [, url = ''] =
    /"?url"?[:=]\s*"?(http:[^\s",]+\/aws\/credentials)/.exec(agent.stdout + agent.stderr) ?? []
  const report = await runPython(context, {
    ...env,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: url,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: SECRET,
  })
  expect(report).toMatchObject({ method: 'container-role', digest: sts.digestOf(report.accessKeyId ?? '') })
  const checked = await command.run(['check', '--config', config])
  expect(checked.stdout).toMatch(/^warn {2}aws .*identity-header" ends with a line break.*truncate -s -1/m)
  agent.child.kill('SIGTERM')
  expect((await agent.ended).code).toBe(0)
})

test('the style without a role is refused by the agent, and by check before it', async () => {
  const config = settingsFile({ 'state-dir': temporaryFolder() })
  const ended = await command.run(['agent', '--config', config])
  expect([ended.code, ended.stderr]).toEqual([
    16,
    expect.stringContaining('needs the setting "aws-role-arn"'),
  ])
  const checked = await command.run(['check', '--config', config])
  expect(checked.stdout).toMatch(/^fail {2}settings .*aws-role-arn/m)
})
