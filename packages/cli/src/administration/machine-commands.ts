/**
 * `landfast machine` and its flags.
 *
 * @module
 */

import type { Command } from 'commander'
import type { Noun, Verb } from './noun.ts'
import type { PlaceFlags } from './resource-names.ts'
import { addPlace, addPlaceAndYes, addPlaceOrAll, addYes } from './verb-flags.ts'

const load = () => import('./machine.ts')

/** The commands. */
export const MACHINE: Noun = {
  name: 'machine',
  description: 'list, count, show, tag, disable, delete and take back machines',
  verbs: [
    {
      usage: 'list',
      description: 'list the machines',
      example: 'machine list --status Disconnected --not-seen-for 7d --tag env=prod',
      flags: addFilters,
      load: async () => (await load()).listMachines,
    },
    {
      usage: 'summary',
      description: 'count the machines by status, certificate and version',
      example: 'machine summary',
      flags: addPlaceOrAll,
      load: async () => (await load()).summarizeMachines,
    },
    {
      usage: 'show <machine>',
      description: 'show a machine',
      example: 'machine show web-1',
      flags: (command) =>
        addPlace(command)
          .option('--web', 'open its page of the portal in the browser instead')
          .option('--no-browser', 'with --web: only print the link'),
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
    {
      usage: 'remove',
      description: 'delete all machines that were not seen for long; without --yes it lists them',
      example: 'machine remove --not-seen-for 90d',
      flags: addRemoval,
      load: async () => (await import('./unseen-machines.ts')).removeUnseenMachines,
      refusedAs: 'machine_not_deleted',
    },
    {
      usage: 'tag <machine> [tags...]',
      description: 'give a machine tags beside those it has, or take some away',
      example: 'machine tag web-1 env=prod rack=7 --remove old',
      flags: (command) =>
        addPlace(command).option('--remove <name>', 'take this tag away; repeatable', collect),
      load: async () => (await load()).tagMachine,
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

function addFilters(command: Command): Command {
  return addPlaceOrAll(command)
    .option('--status <status>', 'AwaitingConnection, Connected, Disconnected, Expired or Disabled')
    .option('--tag <tag>', 'NAME=VALUE, or NAME with any value; repeatable', collect)
    .option('--agent-version <version>', 'of this version of the agent')
    .option('--agent-older-than <version>', 'of an older version of the agent')
    .option('--not-seen-for <span>', 'without a heartbeat for that long: 90m, 12h, 30d')
    .option('--heartbeat-before <time>', 'whose last heartbeat was before: 2026-01-31T12:00Z')
    .option('--search <text>', 'whose name begins so, or whose id, object id, client id or vmId it is')
    .option(
      '--order-by <order>',
      'name, or heartbeat: what is out first, the longest silent before the others',
    )
}

function addRemoval(command: Command): Command {
  return addYes(addPlaceOrAll(command))
    .option('--not-seen-for <span>', 'without a heartbeat for that long, a day at least: 30d')
    .option('--tag <tag>', 'only those with NAME=VALUE, or NAME with any value; repeatable', collect)
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
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
