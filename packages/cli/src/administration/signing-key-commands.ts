/**
 * `landfast signing-keys` and its flags.
 *
 * @module
 */

import { type Command, Option } from 'commander'
import type { AnswerFlags } from './answer.ts'
import type { ConfirmationFlags } from './confirmation.ts'
import { addVerb, addYes, type End } from './declaration.ts'
import { administer } from './session.ts'

const load = () => import('./signing-keys.ts')

/** Adds the commands to `program`. */
export function addSigningKeyCommands(program: Command, end: End): void {
  const noun = program.command('signing-keys').description('the keys that sign tokens')
  const list = { usage: 'list', description: 'list them with their times', example: 'signing-keys list' }
  addVerb(noun, list).action(async (flags: AnswerFlags) =>
    end(await administer(async (session) => (await load()).listSigningKeys(session, flags))),
  )
  const rotate = {
    usage: 'rotate',
    description: 'make a new key, which signs in a day, or at once if it must be',
    example: 'signing-keys rotate',
  }
  const urgency = new Option('--urgency <urgency>', '"compromised" makes all former tokens worthless')
  addYes(addVerb(noun, rotate))
    .addOption(urgency.choices(['planned', 'immediate', 'compromised']).default('planned'))
    .action(async (flags: AnswerFlags & ConfirmationFlags & { urgency: string }) =>
      end(await administer(async (session) => (await load()).rotateSigningKeys(session, flags))),
    )
}
