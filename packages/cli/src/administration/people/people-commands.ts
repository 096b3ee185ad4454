/**
 * `landfast user` and `landfast group`.
 *
 * @module
 */

import type { Noun, Verb } from '../noun.ts'
import { addYes } from '../verb-flags.ts'
import type { PeopleKind } from './people.ts'

const load = () => import('./people.ts')

/** The commands of users. */
export const USER: Noun = {
  name: 'user',
  description: 'say which people of the portal’s OpenID provider may have roles',
  verbs: [
    {
      usage: 'create <name>',
      description: 'make one, so that it can have roles before the first sign-in',
      example: 'user create ada@example.com --subject 8e1f6b0a-5a0c-4f6d-9d0e-2f6a8c1b7d55',
      flags: (command) =>
        command.requiredOption('--subject <text>', 'what the claim "sub" of the provider’s ID tokens says'),
      load: async () => (await load()).createUser,
    },
    ...verbsOf('user', 'ada@example.com'),
  ],
}

/** The commands of groups. */
export const GROUP: Noun = {
  name: 'group',
  description: 'say which groups of the portal’s OpenID provider may have roles',
  verbs: [
    {
      usage: 'create <name>',
      description: 'make one; a person who signs in with it has its roles',
      example: 'group create platform --claim-value platform-team',
      flags: (command) =>
        command.requiredOption('--claim-value <text>', 'one of the values in the claim of the groups'),
      load: async () => (await load()).createGroup,
    },
    ...verbsOf('group', 'platform'),
  ],
}

function verbsOf(kind: PeopleKind, one: string): Verb[] {
  return [
    {
      usage: 'list',
      description: 'list them',
      example: `${kind} list`,
      load: async () => (await load()).listPeople(kind),
    },
    {
      usage: `disable <${kind}>`,
      description: 'let its roles count no more, by its object id or name',
      example: `${kind} disable ${one}`,
      load: async () => (await load()).switchPeople(kind, 'disable'),
    },
    {
      usage: `enable <${kind}>`,
      description: 'let its roles count again',
      example: `${kind} enable ${one}`,
      load: async () => (await load()).switchPeople(kind, 'enable'),
    },
    {
      usage: `delete <${kind}>`,
      description: 'delete one with its roles, by its object id or name',
      example: `${kind} delete ${one}`,
      flags: addYes,
      load: async () => (await load()).deletePeople(kind),
    },
  ]
}
