/**
 * Announcements: that something which people look at has changed, for whoever listens at any replica. They say no more, may be fewer
 * than the changes, and one that a dying process owed is lost; so who listens also looks now and then.
 *
 * @see docs/decisions/0016-one-word-for-every-change.md
 * @module
 */

/** A way to announce, and to hear what is announced. */
export interface Announcements {
  /** Announces, at once and then once a second at most. */
  announce(): void
  /**
   * Has `ear` hear what any replica announces from now on.
   *
   * @throws {StorageError} `storage_unavailable` if that cannot be had, as behind a pooler of connections.
   */
  listen(ear: Ear): Promise<Listening>
}

/** Who listens. */
export interface Ear {
  hear(): void
  /** From now on it hears nothing any more, nor is it to be stopped. */
  lose(): void
}

/** An ear that hears. */
export interface Listening {
  stop(): void
}

/** Announcements that can be ended; what was not yet announced is, before that. */
export interface OpenAnnouncements extends Announcements {
  close(): Promise<void>
}

/** `changing`, which is announced when it is done. */
export async function announcing<T>(changing: Promise<T>, { announce }: Announcements): Promise<T> {
  const done = await changing
  announce()
  return done
}
