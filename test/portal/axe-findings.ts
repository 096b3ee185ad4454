/**
 * What axe finds on a page.
 *
 * @module
 */

import axe, { type AxeResults, type RunOptions } from 'axe-core'
import type { Page } from 'playwright-core'

/** What else a person may see a page in; nothing but colours differs there. */
const OTHER_COLOURS = [
  { name: 'dark', media: { colorScheme: 'dark' } },
  { name: 'forced colours', media: { forcedColors: 'active' } },
] as const

/** It in words. */
export function findings(page: Page): Promise<string[]> {
  return run(page, {})
}

/** The same, and what of the colours is wrong in dark and in forced colours. The page is in light again afterwards. */
export async function findingsInEveryColour(page: Page): Promise<string[]> {
  const found = await findings(page)
  for (const { name, media } of OTHER_COLOURS) {
    await page.emulateMedia(media)
    const ofColours = await run(page, { runOnly: ['color-contrast'] })
    await page.emulateMedia({ colorScheme: 'light', forcedColors: 'none' })
    found.push(...ofColours.map((one) => `${name}: ${one}`))
  }
  return found
}

async function run(page: Page, options: RunOptions): Promise<string[]> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe.source)
  const { violations } = await page.evaluate<AxeResults>(
    `axe.run(document, ${JSON.stringify({ preload: false, ...options })})`,
  )
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
}
