/** Servers that really check tokens: signature, audience, time and roles; and a server elsewhere that has one. */

import { existsSync, globSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { childCommand, startChild } from '../agent/child.ts'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { makeCommand } from '../cli/command.ts'
import { UNSHARE, whatIsLacking } from '../privilege.ts'

const PROGRAM = new URL('./server-program.ts', import.meta.url)

/** What the server leaves behind, Erlang's port mapper among it, ends with the program. */
const OWN_PROCESSES = ['--pid', '--fork', '--kill-child', '--mount-proc']

const INSTALLED = {
  rabbitmq: () => globSync('/usr/lib/rabbitmq/lib/rabbitmq_server-*').length > 0,
  apache: () => existsSync('/usr/sbin/apache2') && existsSync('/usr/lib/apache2/modules/mod_auth_openidc.so'),
}

const GOOD = {
  rabbitmq: (name: unknown) => ({ status: 200, name, queue: expect.toBeOneOf([201, 204]) }),
  apache: (name: unknown) => ({ status: 200, name }),
}

const REFUSED = {
  rabbitmq: { status: 401, queue: 401 },
  apache: { status: 401 },
}

for (const name of ['rabbitmq', 'apache'] as const) {
  test(`${name} takes our tokens, also of a new key, and no other`, { timeout: 180_000 }, async (context) => {
    const lacking = whatIsLacking(['linux', 'namespaces', 'ip'])
    context.skip(lacking !== undefined, lacking)
    context.skip(!INSTALLED[name](), `${name} is not installed; "npm run setup:parts" does it`)
    const program = startChild([
      ...UNSHARE,
      ...OWN_PROCESSES,
      ...childCommand(PROGRAM, name, temporaryFolder()),
    ])
    const { principalId, ...seen } = await program.read()
    const taken = GOOD[name](principalId)
    expect(seen).toEqual({
      good: taken,
      wrongAudience: REFUSED[name],
      expired: REFUSED[name],
      forged: REFUSED[name],
      afterRotation: taken,
      goodAfterRotation: taken,
    })
  })
}

test('a server that joined by one line gets a token by its SDK that RabbitMQ takes, from one host to another', {
  timeout: 180_000,
}, async (context) => {
  const lacking = whatIsLacking(['linux', 'namespaces', 'ip'])
  context.skip(lacking !== undefined, lacking)
  context.skip(!INSTALLED.rabbitmq(), 'rabbitmq is not installed; "npm run setup:parts" does it')
  const command = await makeCommand()
  onTestFinished(() => command.remove())
  const program = childCommand(
    new URL('./two-hosts-program.ts', import.meta.url),
    temporaryFolder(),
    ...command.argv,
  )
  const { principalId, ...seen } = await startChild([...UNSHARE, ...OWN_PROCESSES, ...program]).read()
  expect(seen).toEqual({ status: 200, name: principalId, queue: 201 })
})
