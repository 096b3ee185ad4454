import { expect, test } from 'vitest'
import { surroundings } from '../../../../test/client/surrounded.ts'
import { runForJson } from './command.ts'

test('a command that cannot be started at all is one that failed, so that a chain goes on', async () => {
  const env = { BROKEN: 'a\0b' }
  await expect(runForJson('/bin/true', ['x'], surroundings({ env }))).rejects.toMatchObject({
    code: 'command_failed',
    name: 'CredentialUnavailableError',
  })
})
