/**
 * Asks the agent how its token files stand.
 *
 * @see docs/metrics.md
 * @module
 */

import type { TokenFileStanding } from '@landfast/agent'
import { type AdminPlace, askAdmin } from './admin-page.ts'
import { LATE, withinDeadline } from './deadline.ts'
import type { Seen } from './finding.ts'

const STATES: readonly unknown[] = ['written', 'kept', 'removed'] satisfies TokenFileStanding['state'][]

/** What the agent at `admin` says. */
export async function askTokenFiles(admin: AdminPlace): Promise<Seen<readonly TokenFileStanding[]>> {
  return await withinDeadline<Seen<readonly TokenFileStanding[]>>(
    async (signal) => {
      const { status, body } = await askAdmin(admin, '/token-files', signal)
      const { tokenFiles } = status === 200 ? { ...JSON.parse(body) } : {}
      if (Array.isArray(tokenFiles) && tokenFiles.every(isStanding)) return { value: tokenFiles }
      return { unseen: `the agent does not say how its token files stand: it answered ${status}` }
    },
    {
      late: { unseen: `how the token files stand is not known: the agent gave ${LATE}` },
      failed: ({ code, message }) => ({
        unseen:
          code === 'EACCES' || code === 'EPERM'
            ? 'only root and the agent’s user may ask the agent how its token files stand'
            : `how the token files stand is not known: ${code ?? message}`,
      }),
    },
  )
}

function isStanding(value: unknown): value is TokenFileStanding {
  const { path, audience, state } = { ...(value as Partial<TokenFileStanding>) }
  return typeof path === 'string' && typeof audience === 'string' && STATES.includes(state)
}
