import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { makeCommand } from '../test/cli/command.ts'
import { prepareAgentProgram } from './agent-program.ts'
import { startMeasured } from './measured-process.ts'

test('a process that ends before its time is told with its last words', async () => {
  const measured = startMeasured(['-e', 'process.stderr.write("why it ended"); process.exitCode = 7'])
  try {
    const told = async () => {
      for (;;) {
        measured.refuseEnded()
        await delay(5)
      }
    }
    await expect(told()).rejects.toThrow('the process ended with exit code 7: why it ended')
  } finally {
    await measured.end()
  }
})

test('the agent that is measured starts with the registration that it is given', async () => {
  const command = await makeCommand()
  const program = await prepareAgentProgram()
  const [, ...args] = program.args(0)
  const running = command.start(args)
  try {
    await running.wrote('"the agent is started"')
  } finally {
    running.child.kill('SIGKILL')
    await running.ended
    program.remove()
    command.remove()
  }
})
