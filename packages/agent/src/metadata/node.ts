/**
 * A document as a tree: objects, lists and texts, as Azure's own documents have no other values.
 *
 * @module
 */

/** A part of a document. */
export type Node = string | null | readonly Node[] | { readonly [name: string]: Node }

/** A position in a list as it stands in a path. No document has a list of a hundred thousand. */
const INDEX = /^(?:0|[1-9]\d{0,4})$/

/** The part of `document` to which `parts` lead; undefined if they lead nowhere. Only what is its own is found. */
export function walk(document: Node, parts: readonly string[]): Node | undefined {
  let node: Node | undefined = document
  for (const part of parts) {
    if (node === undefined) return undefined
    node = childOf(node, part)
  }
  return node
}

function childOf(node: Node, part: string): Node | undefined {
  if (typeof node === 'string' || node === null) return undefined
  if (isList(node)) return INDEX.test(part) ? node[Number(part)] : undefined
  return Object.hasOwn(node, part) ? node[part] : undefined
}

/** The part as JSON; undefined for a single value, which is not given so. */
export function formatJson(node: Node): string | undefined {
  return typeof node === 'string' ? undefined : JSON.stringify(node)
}

/** The part as text: a single value as it is, and of everything else the names below it, one a line. */
export function formatText(node: Node): string {
  if (typeof node === 'string') return node
  return Object.entries(node ?? {})
    .map(([name, child]) => (isLeaf(child) ? name : `${name}/`))
    .join('\n')
}

function isLeaf(node: Node): boolean {
  return typeof node === 'string' || node === null
}

function isList(node: Node): node is readonly Node[] {
  return Array.isArray(node)
}
