/** In the styles that are proven by the caller, a policy file takes the place of the rule that holds without one. */

import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { styleOf } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { testWith } from '../privilege.ts'
import { childCommand } from './child.ts'
import { parametersOf, type StyleEndpoints, startStyles } from './style-endpoints.ts'
import { temporaryFolder } from './temporary-folder.ts'

const STYLES_BY_CALLER = ['vm', 'cloud-shell'] as const

/** A user that no group lists, and that is neither root nor the agent's own. */
const STRANGER = 54_321

function writePolicy(...rules: object[]): string {
  const file = join(temporaryFolder(), 'policy.yaml')
  writeFileSync(file, JSON.stringify({ rules }))
  return file
}

/** What the stranger gets, over a connection of its own process. */
async function askAsStranger(
  { locationOf }: StyleEndpoints,
  style: (typeof STYLES_BY_CALLER)[number],
): Promise<{ status: string; body: string }> {
  const query = `${styleOf(style).path}?${parametersOf(style)}`
  const request = `GET ${query} HTTP/1.1\r\nHost: 127.0.0.1\r\nMetadata: true\r\nConnection: close\r\n\r\n`
  const { port } = new URL(locationOf(style).url)
  const asStranger = [`--reuid=${STRANGER}`, `--regid=${STRANGER}`, '--clear-groups', '--']
  const { stdout } = await promisify(execFile)('setpriv', [
    ...asStranger,
    ...childCommand('foreign-caller.ts', '', port, request),
  ])
  return JSON.parse(stdout)
}

for (const style of STYLES_BY_CALLER) {
  test(`in the style ${style} the agent's own user needs a rule once there is a policy`, async () => {
    expect((await (await startStyles()).ask(style)).status).toBe(200)
    const { ask, source } = await startStyles({ policy: writePolicy() })
    const { status, body } = await ask(style)
    expect([status, source.asked]).toEqual([403, []])
    expect(JSON.stringify(body)).toContain('allows it')
    const { username } = userInfo()
    const policy = writePolicy({ name: 'its own', effect: 'allow', user: username, style })
    expect((await (await startStyles({ policy })).ask(style)).status).toBe(200)
  })

  test(`in the style ${style} nobody is let in for a user that the system does not tell`, async () => {
    const findCaller = async () => ({
      userId: undefined,
      user: undefined,
      program: undefined,
      findGroups: async () => [],
    })
    const policy = writePolicy({ name: 'root', effect: 'allow', user: '0' })
    expect((await (await startStyles({ policy, findCaller })).ask(style)).status).toBe(403)
  })

  testWith(
    ['linux', 'root', 'setpriv'],
    `in the style ${style} a policy allows a user outside the group, and denies root`,
    async () => {
      const without = await startStyles()
      expect((await askAsStranger(without, style)).status).toBe('403')
      expect((await without.ask(style)).status).toBe(200)

      const policy = writePolicy(
        { name: 'not root', effect: 'deny', user: 'root' },
        { name: 'the stranger', effect: 'allow', user: String(STRANGER) },
      )
      const ruled = await startStyles({ policy })
      const allowed = await askAsStranger(ruled, style)
      expect([allowed.status, allowed.body]).toEqual(['200', expect.stringContaining('"access_token"')])
      expect((await ruled.ask(style)).status).toBe(403)
      await ruled.agent.stop()
      expect(ruled.audited().map(({ userId, outcome, rule }) => [userId, outcome, rule])).toEqual([
        [STRANGER, 'granted', 'the stranger'],
        [0, 'refused', 'not root'],
      ])
    },
  )
}
