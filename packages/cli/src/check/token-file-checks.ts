/**
 * The check of the agent's token files: how each stands, by what the agent says of it.
 *
 * @see docs/token-files.md
 * @module
 */

import { dirname } from 'node:path'
import type { TokenFileStanding } from '@landfast/agent'
import { fail, judged, ok, skip, type Verdict, warn } from './finding.ts'
import type { Surroundings, TokenFileSeen } from './surroundings.ts'

/** What helps against a failure, by its code. Others pass, or are the control plane's to end. */
const CURES: Readonly<Record<string, (path: string) => string>> = {
  token_file_folder: (path) =>
    `make "${dirname(path)}" for the agent's user, and under systemd let the agent write there: systemctl edit landfast-agent, [Service] ReadWritePaths=${dirname(path)}`,
  token_file_open: () => 'let only root and the agent’s user change the folder and those above it',
  token_file_occupied: (path) => `move "${path}" away, or name another path`,
  token_file_owner: () =>
    'make the user and the group, or name others; for other users the service needs the drop-in token-files.conf (docs/token-files.md)',
  token_file_full: () => 'free space on its disk',
  policy_denied: () => 'allow it in the policy, or take the entry out of the settings',
  identity_not_found: () => 'give the machine the identity, or name another; see "landfast machine show"',
  resource_refused: () => 'see that the audience is one that the control plane gives tokens for',
}

/** Each token file of the settings. */
export function checkTokenFiles({ host: { tokenFiles }, settings, now }: Surroundings): Verdict {
  const { entries, standings } = tokenFiles
  if (settings.error !== undefined)
    return skip('the settings were not read, so their token files are not known')
  if (entries.length === 0) return ok('the settings name no token files')
  return judged(standings, (found) => judgeAll(entries, found, now))
}

function judgeAll(
  entries: readonly TokenFileSeen[],
  standings: readonly TokenFileStanding[],
  now: Date,
): Verdict {
  const isGood = ({ state, expiresAt = '' }: TokenFileStanding) =>
    state === 'written' && Date.parse(expiresAt) > now.getTime()
  const unknown = entries.filter(({ path }) => !standings.some((one) => one.path === path))
  const troubled = standings.filter((one) => one.code !== undefined || !isGood(one))
  const what = describeAll({ standings, troubled, unknown })
  const failed = standings.filter(({ code }) => code !== undefined)
  const [first] = [...failed.filter((one) => !isGood(one)), ...failed]
  if (first) return (isGood(first) ? warn : fail)(what, cureOf(first))
  if (unknown.length > 0) return warn(what, 'restart the agent: sudo systemctl restart landfast-agent')
  return ok(what)
}

/** Those in trouble are not to be looked for among the others. */
function describeAll(found: {
  standings: readonly TokenFileStanding[]
  troubled: readonly TokenFileStanding[]
  unknown: readonly TokenFileSeen[]
}): string {
  const { standings, troubled, unknown } = found
  if (troubled.length + unknown.length === 0) return standings.map(describe).join('; ')
  const wellCount = standings.length - troubled.length
  return [
    ...troubled.map(describe),
    ...unknown.map(({ path }) => `"${path}" is not known to the agent`),
    ...(wellCount > 0
      ? [`${wellCount} more ${wellCount === 1 ? 'has its token' : 'have their tokens'}`]
      : []),
  ].join('; ')
}

function describe({ path, audience, expiresAt, state, reason }: TokenFileStanding): string {
  const token = `"${path}" for ${audience}`
  const end = expiresAt === undefined ? 'has no new token yet' : `has a token until ${expiresAt}`
  const how = state === 'removed' ? 'was removed' : end
  return reason === undefined ? `${token} ${how}` : `${token} ${how}: ${reason}`
}

function cureOf({ code = '', path }: TokenFileStanding): string {
  return CURES[code]?.(path) ?? 'see the lines above, and the log: journalctl -u landfast-agent'
}
