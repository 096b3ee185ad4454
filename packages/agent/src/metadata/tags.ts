/**
 * The tags of the machine in the two forms of an instance document.
 *
 * @see https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service
 * @module
 */

import type { MachineFacts } from './machine-facts.ts'
import type { Node } from './node.ts'

/** `a:b;c:d`, in which a tag with one of these signs cannot be told from two; hence the other form. */
export function tagText(tags: MachineFacts['tags']): string {
  return sorted(tags)
    .map(([name, value]) => `${name}:${value}`)
    .join(';')
}

/** A list of names and values. */
export function tagList(tags: MachineFacts['tags']): Node {
  return sorted(tags).map(([name, value]) => ({ name, value }))
}

function sorted(tags: MachineFacts['tags'] = {}): [name: string, value: string][] {
  return Object.entries(tags).sort(([one], [other]) => (one < other ? -1 : 1))
}
