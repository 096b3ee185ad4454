/**
 * What axe finds on a page.
 *
 * @module
 */

import axe, { type AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'

/** It in words. */
export async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<AxeResults>('axe.run(document, { preload: false })')
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
}
