import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { processorTimeOf } from './processor-time.ts'

/** Has a child that uses a tenth of a second and ends, and says so. */
const PARENT = `
const { spawnSync } = require('node:child_process')
const busy = 'const end = process.cpuUsage(); while (process.cpuUsage(end).user < 100_000);'
spawnSync(process.execPath, ['-e', busy])
process.stdout.write('done')
process.stdin.resume()
`

test.skipIf(process.platform !== 'linux')(
  'the time of a process has that of a child which is gone, and of a process that is gone there is none',
  async () => {
    const parent = spawn(process.execPath, ['-e', PARENT], { stdio: ['pipe', 'pipe', 'ignore'] })
    const gone = once(parent, 'exit')
    await once(parent.stdout, 'data')
    expect(processorTimeOf(parent.pid ?? 0)).toBeGreaterThanOrEqual(100_000)
    parent.stdin.end()
    await gone
    expect(processorTimeOf(parent.pid ?? 0)).toBe(0)
  },
)
