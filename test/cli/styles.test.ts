/** The commands in every style: `dev`, `env` and `token`. */

import { hostname } from 'node:os'
import { STYLE_NAMES, styleOf } from '@landfast/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { machineName } from '../../packages/cli/src/machine/machine-name.ts'
import { makeCommand, type TestCommand } from './command.ts'

const STYLES = STYLE_NAMES.filter((name) => name !== 'arc')

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

test.each(STYLES)('dev --as %s serves a token, and neither it nor env prints the secret', async (style) => {
  const running = command.start(['dev', '--json', '--as', style])
  await running.wrote('}\n')
  const { stateDir, principalId } = JSON.parse(running.stdout)
  const folder = ['--state-dir', stateDir]
  const asked = await command.run(['token', ...folder, '--decode', '--json'])
  expect([asked.code, asked.stderr.includes('hint:')], asked.stderr).toEqual([0, false])
  expect(JSON.parse(asked.stdout).claims).toMatchObject({ oid: principalId })
  const open = JSON.parse((await command.run(['env', ...folder, '--json'])).stdout)
  const whole = JSON.parse((await command.run(['env', ...folder, '--json', '--show-secret'])).stdout)
  const { secret = '' } = styleOf(style).variables as { secret?: string }
  expect(open.omitted).toEqual(secret ? [secret] : [])
  expect(Object.keys(open.variables)).not.toContain(secret)
  if (secret) expect(running.stdout + running.stderr).not.toContain(whole.variables[secret])
  running.child.kill('SIGINT')
  expect((await running.ended).code).toBe(0)
})

test('dev --as vm tells what the machine is, and signs that it is this one', async () => {
  const running = command.start(['dev', '--json', '--as', 'vm'])
  await running.wrote('}\n')
  const { stateDir } = JSON.parse(running.stdout)
  const { stdout } = await command.run(['env', '--state-dir', stateDir, '--json'])
  const origin = JSON.parse(stdout).variables[styleOf('vm').variables.origin ?? '']
  const ask = async (target: string) => {
    const answer = await fetch(`${origin}${target}`, { headers: { Metadata: 'true' } })
    return await answer.text()
  }
  expect(await ask('/metadata/instance/compute/name?api-version=2021-02-01&format=text')).toBe(
    machineName(hostname()),
  )
  const { encoding, signature } = JSON.parse(
    await ask('/metadata/attested/document?api-version=2021-02-01&nonce=1234567890'),
  )
  expect(encoding).toBe('pkcs7')
  expect(Buffer.from(signature, 'base64').toString('latin1')).toContain('"nonce":"1234567890"')
  running.child.kill('SIGINT')
  expect((await running.ended).code).toBe(0)
})

test('a token is not asked of a Service Fabric endpoint that shows another certificate', async () => {
  const running = command.start(['dev', '--json', '--as', 'service-fabric'])
  await running.wrote('}\n')
  const { stateDir } = JSON.parse(running.stdout)
  const { stdout } = await command.run(['env', '--state-dir', stateDir, '--json', '--show-secret'])
  const env = { ...JSON.parse(stdout).variables, IDENTITY_SERVER_THUMBPRINT: '00'.repeat(20) }
  const { code, stderr } = await command.run(['token'], { env })
  expect([code, stderr]).toEqual([1, expect.stringContaining('another certificate')])
  running.child.kill('SIGINT')
  await running.ended
})
