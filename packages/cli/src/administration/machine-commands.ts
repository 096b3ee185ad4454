/**
 * `landfast machine` and its flags.
 *
 * @module
 */

import type { Command } from 'commander'
import type { ConfirmationFlags } from './confirmation.ts'
import { addPlace, addVerb, addYes, type End } from './declaration.ts'
import type { PlaceFlags } from './resource-names.ts'
import { administer } from './session.ts'

/** Adds the commands to `program`. */
export function addMachineCommands(program: Command, end: End): void {
  const noun = program.command('machine').description('list, show, delete and disable machines')
  const load = () => import('./machine.ts')
  const list = { usage: 'list', description: 'list the machines', example: 'machine list' }
  addPlace(addVerb(noun, list), 'default: all').action(async (flags: PlaceFlags) =>
    end(await administer(async (session) => (await load()).listMachines(session, flags))),
  )
  const show = { usage: 'show <machine>', description: 'show a machine', example: 'machine show web-1' }
  addPlace(addVerb(noun, show)).action(async (name: string, flags: PlaceFlags) =>
    end(await administer(async (session) => (await load()).showMachine(session, name, flags))),
  )
  const remove = {
    usage: 'delete <machine>',
    description: 'delete a machine with its identity, for ever',
    example: 'machine delete web-1',
  }
  addYes(addPlace(addVerb(noun, remove))).action(
    async (name: string, flags: PlaceFlags & ConfirmationFlags) =>
      end(
        await administer(
          async (session) => (await load()).deleteMachineNamed(session, name, flags),
          'machine_not_deleted',
        ),
      ),
  )
  for (const verb of ['disable', 'enable'] as const) {
    const description = verb === 'disable' ? 'give a machine no more tokens' : 'give it tokens again'
    const declared = { usage: `${verb} <machine>`, description, example: `machine ${verb} web-1` }
    addPlace(addVerb(noun, declared)).action(async (name: string, flags: PlaceFlags) =>
      end(await administer(async (session) => (await load()).switchMachine(session, { name, verb }, flags))),
    )
  }
}
