/** Real commands on a server that reaches its control plane through a proxy alone. */

import { expect, onTestFinished, test } from 'vitest'
import { childCommand, startChild } from '../agent/child.ts'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { makeCommand } from '../cli/command.ts'
import { UNSHARE, whatIsLacking } from '../privilege.ts'
import { lackingProxies } from './real-proxies.ts'

const OWN_PROCESSES = ['--pid', '--fork', '--kill-child', '--mount-proc']

test('connect, agent and administration go through tinyproxy and squid, and say what stops them', async (context) => {
  const lacking = whatIsLacking(['linux', 'root', 'namespaces', 'ip']) ?? lackingProxies()
  context.skip(lacking !== undefined, lacking)
  const command = await makeCommand()
  onTestFinished(() => command.remove())
  const program = childCommand(
    new URL('./namespace-program.ts', import.meta.url),
    temporaryFolder(),
    ...command.argv,
  )
  const results = await startChild([...UNSHARE, ...OWN_PROCESSES, ...program]).read()
  const says = (code: number, text: string) => [code, expect.stringContaining(text)]
  const named = 'the proxy "http://10.98.0.1:3128" of "proxy-url"'
  const byVariable = named.replace('"proxy-url"', 'HTTPS_PROXY')
  expect(results).toEqual({
    direct: says(26, 'ENETUNREACH'),
    missing: says(26, `${named} asks for a user and a password`),
    wrong: says(26, `${named} refuses the user and password`),
    connected: [0, ''],
    token: 'https://vault.azure.net',
    agent: false,
    login: [0, ''],
    listed: true,
    kept: false,
    audited: true,
    wrongInUrl: says(26, `${byVariable} refuses`),
    past: says(26, 'ENETUNREACH'),
    noted: says(0, 'give the agent the same variable, or the setting "proxy-url"'),
    disconnected: true,
    down: says(26, `${byVariable} takes no connection (ECONNREFUSED)`),
    asked: ['cloud.example:8443'],
    opened: says(26, 'if this proxy opens TLS, name its CA with "proxy-ca-file"'),
    openedAndTrusted: true,
    seenInside: true,
  })
  expect(JSON.stringify(results)).not.toContain('MARKED')
})
