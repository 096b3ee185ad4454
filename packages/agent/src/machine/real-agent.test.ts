import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ARC_KEY_FOLDER } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { HIMDS_MARKER } from './himds-marker.ts'
import { refuseRealAgent } from './real-agent.ts'

test.each([ARC_KEY_FOLDER, `${ARC_KEY_FOLDER}/`, '/var/opt/../opt/azcmagent//tokens'])(
  'where the real agent is installed, its folder %s is not taken',
  (folder) => {
    expect(() => refuseRealAgent(folder, { platform: 'linux', realAgent: temporaryFolder() })).toThrow(
      expect.objectContaining({ code: 'real_agent_installed' }),
    )
  },
)

test('where it is not installed, or for a folder of our own, nothing is refused', () => {
  refuseRealAgent(ARC_KEY_FOLDER, { platform: 'linux', realAgent: '/nowhere/himds' })
  refuseRealAgent('/run/landfast/tokens', { platform: 'linux', realAgent: temporaryFolder() })
})

test('the folder that SDKs look in is one of Linux', () => {
  expect(() => refuseRealAgent(ARC_KEY_FOLDER, { platform: 'darwin', realAgent: '/nowhere' })).toThrow(
    expect.objectContaining({ code: 'platform_unsupported' }),
  )
})

test('our own marker is not taken for it', () => {
  const realAgent = join(temporaryFolder(), 'himds')
  writeFileSync(realAgent, HIMDS_MARKER)
  refuseRealAgent(ARC_KEY_FOLDER, { platform: 'linux', realAgent })
})
