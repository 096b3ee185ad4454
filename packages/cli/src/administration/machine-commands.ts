/**
 * `landfast machine` and its flags.
 *
 * @module
 */

import type { Command } from 'commander'
import type { Noun, Verb } from './noun.ts'
import type { PlaceFlags } from './resource-names.ts'
import { addPlace, addPlaceAndYes, addPlaceOrAll } from './verb-flags.ts'

const load = () => import('./machine.ts')

/** The commands. */
export const MACHINE: Noun = {
  name: 'machine',
  description: 'list, show, delete, disable and take back machines',
  verbs: [
    {
      usage: 'list',
      description: 'list the machines',
      example: 'machine list',
      flags: addPlaceOrAll,
      load: async () => (await load()).listMachines,
    },
    {
      usage: 'show <machine>',
      description: 'show a machine',
      example: 'machine show web-1',
      flags: addPlace,
      load: async () => (await load()).showMachine,
    },
    {
      usage: 'delete <machine>',
      description: 'delete a machine with its identity, for ever',
      example: 'machine delete web-1',
      flags: addPlaceAndYes,
      load: async () => (await load()).deleteMachineNamed,
      refusedAs: 'machine_not_deleted',
    },
    switching('disable', 'give a machine no more tokens'),
    switching('enable', 'give it tokens again'),
    {
      usage: 'accept-restored <machine>',
      description: 'let a machine that was put back to an older state go on, once',
      example: 'machine accept-restored web-1',
      flags: addAcceptance,
      load: async () => (await load()).acceptRestoredMachine,
    },
  ],
}

function addAcceptance(command: Command): Command {
  return addPlace(command).option('--lifetime <span>', 'how long it may take: 15m, 1h (default: 1h)')
}

function switching(verb: 'disable' | 'enable', description: string): Verb {
  return {
    usage: `${verb} <machine>`,
    description,
    example: `machine ${verb} web-1`,
    flags: addPlace,
    load: async () => {
      const { switchMachine } = await load()
      return (session, name: string, flags: PlaceFlags) => switchMachine(session, { name, verb }, flags)
    },
  }
}
