/** The platform's port, in a network and with a key folder of its own. */

import { join } from 'node:path'
import { expect } from 'vitest'
import { testWith, UNSHARE } from '../privilege.ts'
import { childCommand, startChild } from './child.ts'
import { TOKEN_TARGET } from './running-agent.ts'
import { temporaryFolder } from './temporary-folder.ts'

testWith(
  ['linux', 'namespaces', 'ip', 'ipv6'],
  'with the platform\u2019s key folder an agent has port 40342 on both addresses, whatever its own port, or does not start',
  async () => {
    const otherFolder = join(temporaryFolder(), 'tokens')
    const command = childCommand('platform-port-program.ts', otherFolder, TOKEN_TARGET)
    expect(await startChild([...UNSHARE, ...command]).read()).toEqual({
      served: { '127.0.0.1 40343': 200, '127.0.0.1 40342': 200, '::1 40343': 200, '::1 40342': 200 },
      refused: {
        '127.0.0.1': 'platform_port_taken',
        '127.0.0.1 another folder': 'started',
        '127.0.0.1 a private folder': 'started',
        '::1': 'platform_port_taken',
        '::1 another folder': 'started',
        '::1 a private folder': 'started',
      },
      again: 'started',
    })
  },
)
