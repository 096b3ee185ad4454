/**
 * Announcements within one process: no other has the file of its database.
 *
 * @module
 */

import type { Ear, OpenAnnouncements } from './announcements.ts'
import { createPaced } from './paced.ts'

/** Announcements that nobody hears yet. */
export function createSqliteAnnouncements(): OpenAnnouncements {
  const ears = new Set<Ear>()
  const { wish, close } = createPaced(async () => {
    for (const ear of ears) ear.hear()
  })
  return {
    announce: wish,
    listen: async (ear) => {
      ears.add(ear)
      return { stop: () => void ears.delete(ear) }
    },
    close,
  }
}
