/**
 * A client that is asked for one token, as an ordinary user, and what comes of it.
 *
 * @module
 */

import { RESOURCE } from '../cases.ts'
import { type ClientProgram, runProgram } from '../client-process.ts'
import type { ClientReport, Selector } from '../client-report.ts'
import type { FaultCell } from './fault-cell.ts'

/** A client that has not given up by then waits, as far as the page is concerned. */
const DEADLINE_MILLISECONDS = 120_000

const MESSAGE_MAX_CHARACTERS = 300

const TOKEN = /eyJ[\w-]+\.eyJ/

/** Said in place of such a message. */
const SHOWS_TOKEN = 'its message has the whole answer in it, with the token'

/** Whoever is root in a lane passes every mode of a file, and clients in production do not. */
const WITHOUT_RIGHTS = [
  'setpriv',
  '--bounding-set',
  '-dac_override,-dac_read_search',
  '--inh-caps',
  '-all',
  '--',
]

/** How a client ended. */
export type Ending = Pick<FaultCell, 'outcome' | 'seconds' | 'message'>

/** A client, and what leads it to the endpoint. */
export interface AskedClient {
  client: string
  program: ClientProgram
  variables: Readonly<Record<string, string>>
}

/** Asks for the machine's own identity, or for the one that `selector` names. */
export async function askClient(asked: AskedClient, selector: Selector | null = null): Promise<Ending> {
  const { client, variables } = asked
  const program = { ...asked.program, run: [...WITHOUT_RIGHTS, ...asked.program.run] }
  const credential = 'managed-identity' as const
  const request = { client, credential, resource: program.resource ?? RESOURCE, selector, calls: 1 }
  const startedAt = performance.now()
  try {
    return readEnding(await runProgram(program, { request, variables, timeout: DEADLINE_MILLISECONDS }))
  } catch (error) {
    const seconds = (performance.now() - startedAt) / 1000
    const { killed, message } = error as Error & { killed?: boolean }
    return killed
      ? { outcome: 'waiting', seconds, message: '' }
      : { outcome: 'broken', seconds, message: shortened(message) }
  }
}

/** A fault may make a client show its token; that is told, and the token is not. */
function readEnding(stdout: string): Ending {
  const { outcome, seconds, error } = JSON.parse(stdout) as ClientReport
  const message = TOKEN.test(stdout) ? SHOWS_TOKEN : shortened(error ?? '')
  return { outcome: outcome === 'unsupported' ? 'not run' : outcome, seconds, message }
}

function shortened(message: string): string {
  return message.replaceAll(/\s+/g, ' ').slice(0, MESSAGE_MAX_CHARACTERS)
}
