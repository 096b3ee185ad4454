import type { TokenFileStanding } from '@landfast/agent'
import { expect, test } from 'vitest'
import type { Surroundings } from './surroundings.ts'
import { checkTokenFiles } from './token-file-checks.ts'

const NOW = new Date('2026-03-01T12:00:00Z')
const ENTRIES = [{ path: '/t/aws' }, { path: '/t/vault' }]

const standing = (name: string, changes: Partial<TokenFileStanding> = {}): TokenFileStanding => ({
  ...{ path: `/t/${name}`, audience: name, identity: 'system', state: 'written' },
  ...{ expiresAt: '2026-03-01T13:00:00Z', ...changes },
})

const seen = (
  standings: Surroundings['host']['tokenFiles']['standings'],
  entries: readonly { path: string }[] = ENTRIES,
  error?: string,
) =>
  ({ now: NOW, settings: { error }, host: { tokenFiles: { entries, standings } } }) as unknown as Surroundings

const failing = { code: 'token_file_folder', reason: 'no folder' }

test.each<[string, Surroundings, string, RegExp]>([
  ['no token files', seen({ value: [] }, []), 'ok', /name no token files/],
  ['settings that are wrong', seen({ value: [] }, [], 'line 5'), 'skip', /settings were not read/],
  ['an agent that is not seen', seen({ unseen: 'only root' }), 'skip', /only root/],
  [
    'files with tokens',
    seen({ value: [standing('aws'), standing('vault')] }),
    'ok',
    /"\/t\/aws" for aws has a token until 2026-03-01T13:00:00Z; "\/t\/vault" for vault has/,
  ],
  [
    'a file that cannot be renewed while its token is good',
    seen({ value: [standing('aws', failing), standing('vault')] }),
    'warn',
    /^"\/t\/aws" .*until 2026-03-01T13:00:00Z: no folder; 1 more has its token; .*ReadWritePaths=\/t/,
  ],
  [
    'a file whose token has ended',
    seen({ value: [standing('aws', { ...failing, expiresAt: NOW.toISOString() }), standing('vault')] }),
    'fail',
    /no folder/,
  ],
  [
    'a file that was removed, before one that will be late',
    seen({
      value: [
        standing('aws', failing),
        standing('vault', { state: 'removed', code: 'policy_denied', reason: 'no rule' }),
      ],
    }),
    'fail',
    /was removed: no rule.*; allow it in the policy/,
  ],
  [
    'a file that the agent does not know yet',
    seen({ value: [standing('aws')] }),
    'warn',
    /^"\/t\/vault" is not known to the agent; 1 more has its token; restart/,
  ],
])('%s', (_, surroundings, status, text) => {
  const found = checkTokenFiles(surroundings)
  expect([found.status, `${found.what}; ${found.cure ?? ''}`]).toEqual([status, expect.stringMatching(text)])
})
