/**
 * `landfast signing-keys` and its flags.
 *
 * @module
 */

import { type Command, Option } from 'commander'
import type { Noun } from './noun.ts'
import { addYes } from './verb-flags.ts'

const load = () => import('./signing-keys.ts')

/** The commands. */
export const SIGNING_KEYS: Noun = {
  name: 'signing-keys',
  description: 'the keys that sign tokens',
  verbs: [
    {
      usage: 'list',
      description: 'list them with their times',
      example: 'signing-keys list',
      load: async () => (await load()).listSigningKeys,
    },
    {
      usage: 'rotate',
      description: 'make a new key, which signs in a day, or at once if it must be',
      example: 'signing-keys rotate',
      flags: addUrgency,
      load: async () => (await load()).rotateSigningKeys,
    },
  ],
}

function addUrgency(command: Command): Command {
  const urgency = new Option('--urgency <urgency>', '"compromised" makes all former tokens worthless')
  return addYes(command).addOption(
    urgency.choices(['planned', 'immediate', 'compromised']).default('planned'),
  )
}
