import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const PROGRAM = join(import.meta.dirname, 'successive-program.ts')

test.each(['app-service', 'service-fabric', 'vm'])(
  'Azure’s client finds each emulator that one process makes after the other, in the %s style',
  async (style) => {
    const run = promisify(execFile)(process.execPath, ['--conditions=source', PROGRAM, style])
    expect(JSON.parse((await run).stdout)).toEqual([
      ['api://first 200'],
      ['api://second 200'],
      ['api://third 200'],
    ])
  },
)
