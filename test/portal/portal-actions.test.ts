/** Every action of the portal in a real browser, on both databases, with and without script, each seen by what it did. */

import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { findingsInEveryColour } from './axe-findings.ts'
import { skipWithoutChromium, startVisitedPortal, type VisitedPortal } from './visited-portal.ts'
import { ACCOUNT_ACTIONS } from './walked-accounts.ts'
import type { Walk } from './walked-action.ts'
import { RESOURCE_ACTIONS } from './walked-resources.ts'

/** A walk has some forty actions: half a minute where nothing else runs. */
const WALK_MILLISECONDS = 500_000

/** The states are the same on both databases, so axe looks at them on one. */
const WALKS = [
  { database: 'sqlite', javaScriptEnabled: true, isLookedAt: true },
  { database: 'sqlite', javaScriptEnabled: false, isLookedAt: false },
  { database: 'postgres', javaScriptEnabled: true, isLookedAt: false },
] as const

function walkOf(portal: VisitedPortal, page: Page): Walk {
  const group = `/subscriptions/${portal.subscriptionId}/resourceGroups/shop/providers`
  return {
    ...portal,
    page,
    read: async (path) => (await portal.ask(path)).body,
    machine: `${group}/Microsoft.HybridCompute/machines/web-1`,
    identity: `${group}/Microsoft.ManagedIdentity/userAssignedIdentities/walked`,
    principalId: portal.pages.application?.split('/').at(-1) ?? '',
  }
}

test.for(WALKS)(
  'on $database, with script $javaScriptEnabled, every action does what it says',
  { timeout: WALK_MILLISECONDS },
  async ({ database, javaScriptEnabled, isLookedAt }, context) => {
    skipWithoutChromium(context)
    const portal = await startVisitedPortal(database)
    const page = await portal.visit({ javaScriptEnabled })
    const walk = walkOf(portal, page)
    for (const { what, at, act, told, seen, is } of [...RESOURCE_ACTIONS, ...ACCOUNT_ACTIONS]) {
      if (at !== undefined) await page.goto(typeof at === 'string' ? at : at(walk))
      await act(page, walk)
      await page.getByText(told).first().waitFor()
      expect([what, await seen(walk)]).toEqual([what, is])
      if (isLookedAt) expect([what, await findingsInEveryColour(page)]).toEqual([what, []])
      // The clock of the control plane stands still, and two changes of one thing have two times.
      portal.clock.advance(1)
    }
    expect(portal.complaints).toEqual([])
  },
)
