/**
 * What axe finds on a page.
 *
 * @module
 */

import axe, { type AxeResults, type RunOptions } from 'axe-core'
import type { Page } from 'playwright-core'

/** It in words. */
export function findings(page: Page): Promise<string[]> {
  return run(page, {})
}

/** The same, and what of the colours is wrong in dark, where nothing else differs. */
export async function findingsInBoth(page: Page): Promise<string[]> {
  await page.emulateMedia({ colorScheme: 'dark' })
  const dark = await run(page, { runOnly: ['color-contrast'] })
  await page.emulateMedia({ colorScheme: 'light' })
  return [...(await run(page, {})), ...dark.map((one) => `dark: ${one}`)]
}

async function run(page: Page, options: RunOptions): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<AxeResults>(
    `axe.run(document, ${JSON.stringify({ preload: false, ...options })})`,
  )
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
}
