/**
 * `landfast join-token` and its flags.
 *
 * @module
 */

import type { Command } from 'commander'
import type { AnswerFlags } from './answer.ts'
import type { ConfirmationFlags } from './confirmation.ts'
import { addPlace, addVerb, addYes, type End, parseCount } from './declaration.ts'
import type { JoinTokenFlags } from './join-token.ts'
import { administer } from './session.ts'

const load = () => import('./join-token.ts')

/** Adds the commands to `program`. */
export function addJoinTokenCommands(program: Command, end: End): void {
  const noun = program.command('join-token').description('let servers in')
  const create = {
    usage: 'create',
    description: 'print the one line that enrols a server',
    example: 'join-token create --uses 3 --lifetime 1d',
  }
  addPlace(addVerb(noun, create))
    .option('--uses <number>', 'how many machines it lets in (default: 1)', parseCount)
    .option('--lifetime <span>', 'how long: 15m, 1h, 7d (default: 1h)')
    .option('-l, --location <location>', 'where the machines are (default: that of the resource group)')
    .option('--tags <tags>', 'tags of the machines: NAME=VALUE,NAME=VALUE')
    .action(async (flags: JoinTokenFlags) =>
      end(await administer(async (session) => (await load()).createJoinToken(session, flags))),
    )
  const list = {
    usage: 'list',
    description: 'list the join tokens, without what lets anybody in',
    example: 'join-token list',
  }
  addVerb(noun, list).action(async (flags: AnswerFlags) =>
    end(await administer(async (session) => (await load()).listJoinTokens(session, flags))),
  )
  const revoke = {
    usage: 'revoke <id>',
    description: 'take one back: it lets no server in any more',
    example: 'join-token revoke ID',
  }
  addYes(addVerb(noun, revoke)).action(async (id: string, flags: AnswerFlags & ConfirmationFlags) =>
    end(await administer(async (session) => (await load()).revokeJoinToken(session, id, flags))),
  )
}
