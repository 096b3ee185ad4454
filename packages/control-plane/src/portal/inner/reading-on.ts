/**
 * Reads on in a list of which one answer looks at a part only, so that it may be empty although more follows.
 *
 * @see docs/resource-manager.md
 * @module
 */

import { ApiRefusal } from './api-refusal.ts'
import type { ApiPage } from './portal-api.ts'

/** For how long a page reads on: a person waits for it, and each answer keeps the database busy. */
const READ_ON_MILLISECONDS = 100

type ReadPage = (after: string | undefined) => Promise<ApiPage>

/** The first page after `after` that has a row, or the last that was read within the time: then it is empty and has a next one. */
export async function readOn(read: ReadPage, after: string | undefined, now: () => Date): Promise<ApiPage> {
  const begunAt = now().getTime()
  let page = await read(after)
  while (page.value.length === 0 && page.next !== undefined) {
    // A clock that was set back gives no page more time.
    if (Math.abs(now().getTime() - begunAt) >= READ_ON_MILLISECONDS) return page
    const further = await read(page.next).catch(unlessTooMany)
    if (!further) return page
    page = further
  }
  return page
}

/** What was looked at until then counts. */
function unlessTooMany(error: unknown): undefined {
  if (error instanceof ApiRefusal && error.status === 429) return undefined
  throw error
}
