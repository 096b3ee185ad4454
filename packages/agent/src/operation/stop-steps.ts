/**
 * The steps by which an agent lets go of what it holds.
 *
 * @module
 */

/** A step that undoes something. */
export type Step = () => unknown

/** Takes every step: what fails must not keep the rest, the folder's lock among it, from being let go. */
export async function takeAll(steps: readonly Step[]): Promise<void> {
  const failures: unknown[] = []
  for (const step of steps) {
    try {
      await step()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'the agent did not stop cleanly')
}
