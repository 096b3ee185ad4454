/**
 * `landfast join-token` and its flags.
 *
 * @module
 */

import type { Command } from 'commander'
import type { Noun } from './noun.ts'
import { addPlace, addYes, parseCount } from './verb-flags.ts'

const load = () => import('./join-token.ts')

/** The commands. */
export const JOIN_TOKEN: Noun = {
  name: 'join-token',
  description: 'let servers in',
  verbs: [
    {
      usage: 'create',
      description: 'print the one line that enrols a server',
      example: 'join-token create --uses 3 --lifetime 1d',
      flags: addNew,
      load: async () => (await load()).createJoinToken,
    },
    {
      usage: 'list',
      description: 'list the join tokens, without their secrets',
      example: 'join-token list',
      load: async () => (await load()).listJoinTokens,
    },
    {
      usage: 'revoke <id>',
      description: 'take one back: it lets no server in any more',
      example: 'join-token revoke ID',
      flags: addYes,
      load: async () => (await load()).revokeJoinToken,
    },
  ],
}

function addNew(command: Command): Command {
  return addPlace(command)
    .option('--uses <number>', 'how many machines it lets in (default: 1)', parseCount)
    .option('--lifetime <span>', 'how long: 15m, 1h, 7d (default: 1h)')
    .option('-l, --location <location>', 'where the machines are (default: that of the resource group)')
    .option('--replace <machine>', 'give this machine the server that comes: it keeps its identity and roles')
    .option('--tags <tags>', 'tags of the machines: NAME=VALUE,NAME=VALUE')
}
