/**
 * A noun of the command line, `landfast NOUN VERB`, as a table of its verbs. What every verb does around its own work
 * is here: it takes `--json`, shows an example, and works as the principal of the login.
 *
 * @module
 */

import type { Command } from 'commander'
import type { CliErrorCode } from '../cli-error.ts'
import { type End, example } from '../declaration.ts'
import { administer, type Session } from './session.ts'

/** What a verb does: it is given the arguments in their order, then the flags. */
type Work = (session: Session, ...given: never[]) => Promise<void>

/** One command of a noun. */
export interface Verb {
  /** Its name and arguments. */
  usage: string
  description: string
  /** A command line, without the program's name. */
  example: string
  /** Adds its flags; `--json` is there. */
  flags?: (command: Command) => Command
  /** Loads what it does. */
  load: () => Promise<Work>
  /** The failure that a refusal of the control plane is, where that has a code. */
  refusedAs?: CliErrorCode
}

/** A noun with its verbs in the order of the help. */
export interface Noun {
  name: string
  description: string
  verbs: readonly Verb[]
  /** What is below it, after its verbs. */
  nouns?: readonly Noun[]
}

/** Adds `noun` to `program`. */
export function addNoun(program: Command, noun: Noun, end: End): void {
  const { name, description, verbs, nouns = [] } = noun
  const command = program.command(name).description(description)
  for (const verb of verbs) addVerb(command, verb, end)
  for (const inner of nouns) addNoun(command, inner, end)
}

function addVerb(noun: Command, verb: Verb, end: End): void {
  const { usage, description, example: line, flags = (command) => command, load, refusedAs } = verb
  const command = noun
    .command(usage)
    .description(description)
    .option('-j, --json', 'print one JSON line')
    .addHelpText('after', example(`landfast ${line}`))
  flags(command).action(async (...given: unknown[]) => {
    const work = async (session: Session) => {
      const does = await load()
      // As commander read them, and without the command itself, which comes last.
      await does(session, ...(given.slice(0, -1) as never[]))
    }
    end(await administer(work, refusedAs))
  })
}
