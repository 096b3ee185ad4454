import { describe, expect, test } from 'vitest'
import { DATABASES } from '../../testing/trial-database.ts'
import { startTrialPortal, type TrialBrowser, type TrialPortal } from '../../testing/trial-portal.ts'

const DAY = 86_400_000

/** The figures of a page that lead to a list of machines, with where. */
function figuresIn(text: string): (readonly [path: string, count: number])[] {
  return Array.from(
    text.matchAll(/<a href="(\/portal\/machines[^"]*)">(?:<strong>)?(\d+)\b/g),
    ([, path = '', count]) => [path.replaceAll('&amp;', '&'), Number(count)] as const,
  )
}

async function countListed(browser: TrialBrowser, path: string): Promise<number> {
  const { text } = await browser.get(path)
  return (text.match(/<th scope="row"><a/g) ?? []).length
}

/** A machine with a certificate that ends after so many days. */
async function addMachine(
  trial: TrialPortal,
  name: string,
  { days, version }: { days: number; version?: string },
): Promise<void> {
  const { identity } = await trial.enrolMachine(name)
  const { db } = trial.storage
  const end = { not_after: trial.clock.now().getTime() + days * DAY }
  await db.updateTable('machine_key').set(end).where('principal_id', '=', identity.principalId).execute()
  const properties = JSON.stringify(version === undefined ? {} : { agentVersion: version })
  await db
    .updateTable('machine')
    .set({ properties })
    .where('principal_id', '=', identity.principalId)
    .execute()
}

describe.each(DATABASES)('on %s', (database) => {
  test('each figure leads to a list of as many machines, and those of the statuses add up to all', async () => {
    const trial = await startTrialPortal({ database })
    await addMachine(trial, 'web-1', { days: -1, version: '1.0.0' })
    await addMachine(trial, 'web-2', { days: 0, version: '1.0.0' })
    await addMachine(trial, 'web-3', { days: 7, version: '1.1.0' })
    await addMachine(trial, 'web-4', { days: 30 })
    await addMachine(trial, 'web-5', { days: 31, version: 'no version' })
    const owner = await trial.ownersBrowser()
    await trial.storage.db
      .updateTable('principal')
      .set({ state: 'disabled' })
      .where('display_name', '=', 'web-3')
      .execute()
    const { text } = await owner.get('/portal')
    const figures = figuresIn(text)
    const wanted = { ended: 2, 'end within 7 days': 1, 'more within 30 days': 1 }
    for (const [what, count] of Object.entries(wanted)) expect(text).toContain(`>${count}</a> ${what}`)
    const disabled = figures.filter(([path]) => path.endsWith('status=Disabled'))
    expect(disabled).toEqual([['/portal/machines?status=Disabled', 1]])
    const ofStatus = figures.filter(([path]) => path.includes('status=') && !path.endsWith('=Disabled'))
    const sum = ofStatus.reduce((before, [, count]) => before + count, 0)
    expect(text).toContain(`>${sum} in all</a>`)
    expect(text).toContain('<strong>1</strong> of them is disabled</a>, and gets no tokens')
    // Four of the status, the disabled, all, three of certificates, three of versions.
    expect(figures).toHaveLength(5 + 1 + 3 + 3)
    for (const [path, count] of figures) expect([path, await countListed(owner, path)]).toEqual([path, count])
  })
})

test('the overview says when the key changes and certificates end, to who may see it', async () => {
  const trial = await startTrialPortal()
  const { text } = await (await trial.ownersBrowser()).get('/portal')
  expect(text).toMatch(/<dt>Another key signs tokens<\/dt><dd><time [^>]*>in \d+ days </)
  for (const whose of ['Server', 'CA'])
    expect(text).toMatch(new RegExp(`<dt>${whose}: certificate ends</dt><dd><time [^>]*>in \\d+ days <`))
  const browser = trial.openBrowser()
  await browser.signIn(await trial.addApplication())
  expect((await browser.get('/portal')).text).not.toContain('certificate ends')
})

test('what was refused leads to all refusals of that time', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  expect((await owner.get('/portal')).text).not.toContain('All that was refused')
  const stranger = trial.openBrowser()
  await stranger.signIn({ clientId: (await trial.addApplication()).clientId, secret: 'wrong' })
  const { text } = await owner.get('/portal')
  const [, path = ''] = /<a href="([^"]*)">All that was refused since then/.exec(text) ?? []
  const { text: all } = await owner.get(path.replaceAll('&amp;', '&'))
  expect(all).toContain('<span class="badge bad">refused</span>')
  expect(all).not.toContain('<span class="badge good">done</span>')
})

test('that nothing was refused is said once', async () => {
  const { text } = await (await (await startTrialPortal()).ownersBrowser()).get('/portal')
  const [, below = ''] = /Refused in the last day<\/h2>(.*?)<\/main>/s.exec(text) ?? []
  expect(below.replaceAll(/<[^>]*>/g, '').trim()).toBe('Nothing.')
})

test('a machine that is refused again and again has one row, and pushes no other out', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const [loud, quiet] = [await trial.enrolMachine('loud'), await trial.enrolMachine('quiet')]
  for (const machine of [quiet, loud]) await trial.registry.disableMachine(machine.identity.resourceId)
  await trial.beat(quiet, quiet.nonce)
  for (let count = 0; count < 12; count += 1) {
    trial.clock.advance(240)
    await trial.beat(loud, loud.nonce)
  }
  const { text } = await owner.get('/portal')
  const rows = Array.from(text.matchAll(/<summary>(.*?)<\/summary>/gs), ([, row = '']) =>
    row
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  )
  expect(rows).toHaveLength(2)
  expect(rows[0]).toMatch(/^refused heartbeat × 12 loud MachineDisabled .* last at .* \(now\)$/)
  expect(rows[1]).toMatch(/^refused heartbeat quiet MachineDisabled /)
})

test('of two subscriptions one is chosen, and its figures stay with it', async () => {
  const trial = await startTrialPortal()
  const other = '0b1d2f3a-0000-4000-8000-000000000001'
  const { tenantId, storage, clock } = trial
  await storage.db
    .insertInto('subscription')
    .values({ id: other, tenant_id: tenantId, display_name: 'Other', created_at: clock.now().getTime() })
    .execute()
  await trial.enrolMachine('web-1')
  const owner = await trial.ownersBrowser()
  const { text } = await owner.get(`/portal?subscription=${other}`)
  expect(text).toContain(`<option value="${other}" selected>Other</option>`)
  expect(text).toContain('There is no machine yet.')
  const first = await owner.get(`/portal?subscription=${trial.subscriptionId}`)
  for (const [path] of figuresIn(first.text)) expect(path).toContain(`subscription=${trial.subscriptionId}`)
  expect(figuresIn(first.text).length).toBeGreaterThan(0)
})
