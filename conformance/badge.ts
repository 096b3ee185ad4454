/**
 * The badge of a run, as an image of its own: no service of others is asked for it.
 *
 * @module
 */

import type { Cell } from './cell.ts'
import { totalsOf } from './table.ts'

const LABEL = 'official Azure SDKs'
const CHARACTER_PIXELS = 6.6
const EDGE_PIXELS = 8

/** The SVG for a run; our own client is no official one. */
export function formatBadge(all: readonly Cell[]): string {
  const cells = all.filter(({ client }) => !client.startsWith('@landfast/'))
  const { passed, failed, skipped } = totalsOf(cells)
  const clients = new Set(cells.map(({ client, version }) => `${client} ${version}`)).size
  const words = failed > 0 ? `${failed} red` : `${clients} versions, ${passed} cells, 0 red`
  const text = skipped > 0 ? `${words}, ${skipped} not run` : words
  const [left, right] = [widthOf(LABEL), widthOf(text)]
  const colour = failed > 0 ? '#b3261e' : '#1a7f37'
  const title = `${LABEL}: ${text}`
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${title}">
<title>${title}</title>
<clipPath id="edge"><rect width="${left + right}" height="20" rx="3"/></clipPath>
<g clip-path="url(#edge)"><rect width="${left}" height="20" fill="#424a53"/><rect x="${left}" width="${right}" height="20" fill="${colour}"/></g>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"><text x="${EDGE_PIXELS}" y="14">${LABEL}</text><text x="${left + EDGE_PIXELS}" y="14">${text}</text></g>
</svg>
`
}

function widthOf(text: string): number {
  return Math.round(text.length * CHARACTER_PIXELS) + 2 * EDGE_PIXELS
}
