/**
 * Those that race. One that fails leaves with its last words, and takes nothing from the figures of the others.
 *
 * @module
 */

/** How long and how often. */
export interface RaceEffort {
  rounds: number
  /** Of one load on one contestant. */
  seconds: number
}

/** What the field tells. */
export interface Telling {
  /** Told as the race goes on. */
  say: (line: string) => void
  failures: { part: string; message: string }[]
}

/** One that races. */
interface Entrant {
  name: string
  /** @throws {Error} with its last words, if it has ended. */
  refuseEnded?: () => void
  lastWords?: () => string
}

/** Does `step` with each in turn; those that it worked for. */
export async function withEach<E extends Entrant>(
  entrants: readonly E[],
  { say, failures }: Telling,
  step: (entrant: E) => Promise<void>,
): Promise<E[]> {
  const left: E[] = []
  for (const entrant of entrants) {
    try {
      await step(entrant)
      left.push(entrant)
    } catch (error) {
      const message = `${entrant.name}: ${whyEnded(entrant) ?? whatFailed(entrant, error as Error)}`
      say(`it is out: ${message}`)
      failures.push({ part: entrant.name, message })
    }
  }
  return left
}

/** As {@link withEach}, forwards and backwards, so that a busy moment of the machine falls on all. */
export async function inRounds<E extends Entrant>(
  entrants: readonly E[],
  rounds: number,
  telling: Telling,
  step: (entrant: E, round: number) => Promise<void>,
): Promise<E[]> {
  let left = [...entrants]
  for (let round = 0; round < rounds; round += 1) {
    telling.say(`round ${round + 1} of ${rounds} …`)
    const order = round % 2 ? left.toReversed() : left
    const inOrder = await withEach(order, telling, (entrant) => step(entrant, round))
    left = left.filter((entrant) => inOrder.includes(entrant))
  }
  return left
}

function whatFailed({ lastWords }: Entrant, { message }: Error): string {
  const words = lastWords?.() ?? ''
  return words === '' ? message : `${message}; it still runs, and said last: ${words}`
}

function whyEnded({ refuseEnded }: Entrant): string | undefined {
  try {
    refuseEnded?.()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
