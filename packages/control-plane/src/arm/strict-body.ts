/**
 * Bodies that say who may do something: what is not honoured in them is refused by its name, since to ignore a condition is to
 * give more than its writer meant.
 *
 * Clients send back what they read, and say nothing by null: neither is refused.
 *
 * @module
 */

/** For `additionalProperties`: another one may be there only to say nothing. */
export const NOTHING_ELSE = { type: 'null' } as const

/** What an answer has beside `properties`, which a client may send back, and what decides nothing. */
export const SENT_BACK = {
  id: {},
  name: {},
  type: {},
  etag: {},
  systemData: {},
  location: {},
  tags: {},
} as const
