/** What a form has made is made once, though a person loads its page again, or goes back and forward. */

import { expect, test } from 'vitest'
import { skipWithoutChromium, startVisitedPortal, type VisitedPortal } from './visited-portal.ts'

const THINGS = [
  {
    what: 'a join token',
    at: () => '/portal/join?group=shop',
    button: 'Make the line for the server',
    count: async ({ audited }: VisitedPortal) => (await audited('create-join-token')).length,
    after: /\/portal\/join\/[\da-f-]{36}$/,
  },
  {
    what: 'a secret',
    at: ({ pages }: VisitedPortal) => pages.application ?? '',
    button: 'Make a secret',
    count: async ({ audited }: VisitedPortal) => (await audited('add-client-secret')).length,
    after: /\/portal\/applications\/[\da-f-]{36}$/,
  },
] as const

test.for(THINGS)(
  '$what is made once, also by who loads its page again or comes back to it',
  async (thing, context) => {
    skipWithoutChromium(context)
    const portal = await startVisitedPortal('sqlite')
    const before = await thing.count(portal)
    const page = await portal.visit()
    await page.goto(thing.at(portal))
    await page.getByRole('button', { name: thing.button }).click()
    await page.getByText('is shown only once, now.').waitFor()
    await page.waitForURL(thing.after)
    await page.goBack()
    await page.goForward()
    await page.reload()
    expect(page.url()).toMatch(thing.after)
    expect(await page.getByText('is shown only once, now.').count()).toBe(0)
    expect(await thing.count(portal)).toBe(before + 1)
  },
)
