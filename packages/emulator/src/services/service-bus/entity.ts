/**
 * The address of a link: a queue, the dead messages of one, or a node that answers requests.
 *
 * @module
 */

import { BusError } from './bus-error.ts'

/** What a link leads to. */
export type Entity =
  | { kind: 'queue'; queue: string; isDeadLetter: boolean }
  | { kind: 'tokens' | 'management' }

/** Azure's limit of a name. */
const QUEUE = /^[0-9a-z](?:[\w.\-/]{0,258}[0-9a-z])?$/i

/** @throws {BusError} `entity_unknown`, `not_emulated`. */
export function parseEntity(address: unknown): Entity {
  const path = String(address ?? '').replace(/^(?:sb|amqps?):\/\/[^/]*\//, '')
  if (path === '$cbs') return { kind: 'tokens' }
  if (/\/\$management$/i.test(path)) return { kind: 'management' }
  if (/\/subscriptions\//i.test(path))
    throw new BusError('not_emulated', `"${path}" is a subscription of a topic`)
  const [, queue = '', dead] = /^(.*?)(\/\$deadletterqueue)?$/i.exec(path) ?? []
  if (!QUEUE.test(queue)) throw new BusError('entity_unknown', `"${path}" is no name of a queue`)
  return { kind: 'queue', queue: queue.toLowerCase(), isDeadLetter: dead !== undefined }
}
