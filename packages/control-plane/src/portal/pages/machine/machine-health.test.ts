import { HEARTBEAT_SECONDS } from '@landfast/protocol'
import { describe, expect, test } from 'vitest'
import { describeHost } from '../../../../../cli/src/machine/host-description.ts'
import { DATABASES } from '../../../testing/trial-database.ts'
import { openStream } from '../../../testing/trial-live.ts'
import { startTrialPortal } from '../../../testing/trial-portal.ts'
import { ROLE } from '../../../testing/trial-resource-manager.ts'

const DAY_SECONDS = 86_400

const SINCE = '2026-11-27T08:10:00.000Z'
const GOOD = { part: 'clock', ok: true, since: SINCE }
const BAD = { part: 'token https://vault.azure.net app', ok: false, code: 'resource_refused', since: SINCE }

/** A machine that has sent its first heartbeat, its next ones, and its page as an Owner sees it. */
async function start(database: (typeof DATABASES)[number] = 'sqlite') {
  const trial = await startTrialPortal({ database })
  const machine = await trial.enrolMachine('web-1')
  const owner = await trial.ownersBrowser()
  let { nonce } = machine
  const beat = async (changes: Record<string, unknown> = {}) => {
    const { status, body } = await trial.beat(machine, nonce, changes)
    expect(status).toBe(200)
    nonce = body.nonce
  }
  await beat()
  const page = async () => (await owner.get(`/portal${machine.identity.resourceId}`)).text
  const health = async () =>
    /<div id="health" data-live="">(.*?<\/table>|.*?<\/p>)/s.exec(await page())?.[1] ?? ''
  return { trial, machine, owner, beat, page, health }
}

describe.each(DATABASES)('on %s', (database) => {
  test('the page of a machine says in words which part fails, since when and what to do, until it is mended', async () => {
    const { beat, health } = await start(database)
    expect(await health()).toContain('The agent of this machine tells nothing of its parts')
    await beat({ health: [GOOD, BAD] })
    const failing = await health()
    expect(failing).toContain('The agent says that 1 of 2 parts fails.')
    expect(failing).toMatch(
      /<tr><th scope="row">Token <bdi>https:\/\/vault\.azure\.net<\/bdi> <bdi>app<\/bdi><\/th><td><span class="badge bad">Failing<\/span> <code><bdi>resource_refused<\/bdi><\/code><\/td><td><time datetime="2026-11-27T08:10:00\.000Z"/,
    )
    expect(failing).toContain('whether this identity may have a token for it')
    expect(failing.indexOf('Failing')).toBeLessThan(failing.indexOf('Good'))
    await beat({ health: [GOOD] })
    const mended = await health()
    expect(mended).toContain('The agent says that all is well.')
    expect(mended).not.toContain('vault')
  })

  test('an identity that a program asks for has its name, and a link to the form that gives it to the machine', async () => {
    const { trial, machine, owner, beat, health } = await start(database)
    const path = `/subscriptions/${trial.subscriptionId}/resourceGroups/shop/providers/Microsoft.ManagedIdentity/userAssignedIdentities/backup`
    const { body } = await trial.ask(`${path}?api-version=2024-11-30`, {
      ...{ method: 'PUT', json: { location: 'here' } },
    })
    const { clientId, principalId } = body.properties
    for (const id of [clientId, principalId, 'backup']) {
      await beat({
        health: [{ part: `identity ${id}`, ok: false, code: 'identity_not_found', since: SINCE }],
      })
      const said = await health()
      expect(said).toContain(`Identity <bdi>${id}</bdi> (<a href="/portal${path}"><bdi>backup</bdi></a>)`)
      expect(said).toContain('Assign <bdi>backup</bdi> to this machine')
    }
    const [, href = ''] = /<a href="([^"#]*)#assign">Assign/.exec(await health()) ?? []
    const form = await owner.get(href.replaceAll('&amp;', '&'))
    expect(form.text).toContain('id="assign"')
    expect(form.text).toContain('<input name="machineName" value="web-1"')
    expect(form.text).toContain('<input name="groupName" value="shop"')
    const fields = { machineName: 'web-1', groupName: 'shop' }
    expect((await owner.submit(form, `/portal${path}/assign`, fields)).status).toBe(303)
    const { body: changed } = await trial.ask(`${machine.identity.resourceId}?api-version=2025-01-13`)
    expect(Object.keys(changed.identity.userAssignedIdentities)).toEqual([path])
    const after = await health()
    expect(after).toContain('The machine has it by now')
    expect(after).not.toContain('to this machine</a>')
  })

  test('the overview counts the machines of which a part fails, and leads to them', async () => {
    const { trial, owner, beat } = await start(database)
    await trial.enrolMachine('web-2')
    const seen = async (path: string) => (await owner.get(path)).text
    expect(await seen('/portal')).not.toContain('status=Failing')
    await beat({ health: [BAD] })
    expect(await seen('/portal')).toContain(
      '<a href="/portal/machines?status=Failing"><strong>1</strong> machine says that a part of the agent fails</a>',
    )
    const list = await seen('/portal/machines?status=Failing')
    expect(list).toContain('<span class="badge bad">A part fails</span>')
    expect([list.includes('>web-1<') || list.includes('web-1</bdi>'), list.includes('web-2')]).toEqual([
      true,
      false,
    ])
  })

  test('open pages are told when a part of a machine fails', async () => {
    const { trial, owner, beat } = await start(database)
    const stream = await openStream(trial.controlPlane, owner)
    await stream.untilEvents('hello', 1)
    await beat({ health: [BAD] })
    await stream.untilEvents('change', 1)
  })
})

test('what a machine may write into a part or a code is shown as text', async () => {
  const { beat, page } = await start()
  const markup = `"><script>alert(1)</script><img/src=x/onerror='alert(2)'>`
  await beat({
    health: [
      { ...BAD, part: `token ${markup}` },
      { ...BAD, part: 'constructor', code: 'constructor' },
      { ...GOOD, part: `x ${'y'.repeat(254)}` },
    ],
  })
  const text = await page()
  expect(text).not.toMatch(/<script>alert|<img\/src/)
  expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
  expect(text).toContain('<th scope="row"><bdi>constructor</bdi></th>')
})

test('an identity that a visitor may not see keeps its bare id, and so does one that is not there', async () => {
  const { trial, machine, beat } = await start()
  const path = `/subscriptions/${trial.subscriptionId}/resourceGroups/secret/providers/Microsoft.ManagedIdentity/userAssignedIdentities/vault-reader`
  const group = path.split('/').slice(0, 5).join('/')
  await trial.ask(`${group}?api-version=2021-04-01`, { method: 'PUT', json: { location: 'here' } })
  const { body } = await trial.ask(`${path}?api-version=2024-11-30`, {
    ...{ method: 'PUT', json: { location: 'here' } },
  })
  const reader = trial.openBrowser()
  const { resourceId } = machine.identity
  const scope = resourceId.split('/').slice(0, 5).join('/')
  await reader.signIn(await trial.addApplication({ id: ROLE.reader, scope }))
  for (const id of [body.properties.clientId, trial.tenantId]) {
    await beat({ health: [{ part: `identity ${id}`, ok: false, code: 'identity_not_found', since: SINCE }] })
    const { text } = await reader.get(`/portal${resourceId}`)
    expect(text).toContain(`Identity <bdi>${id}</bdi></th>`)
    expect(text).toContain('No identity that you may see has this name or id.')
    expect(text).not.toContain('vault-reader')
  }
})

test('the page says that what it shows is old where the machine is out', async () => {
  const { trial, beat, health } = await start()
  await beat({ health: [BAD] })
  await trial.storage.db.updateTable('presence').set({ status: 'Disconnected' }).execute()
  expect(await health()).toMatch(
    /The machine is not connected: this is how it was at its last heartbeat, <time [^>]*>now<\/time>\.<\/p><p><strong>The agent said that 1 of 1 parts failed\./,
  )
})

test('the page says which heartbeat did not come, and what to do, long before the machine counts as disconnected', async () => {
  const { trial, owner, beat, page, health } = await start()
  const { clock } = trial
  await beat({ health: [GOOD] })
  const due = new Date(clock.now().getTime() + HEARTBEAT_SECONDS * 1000).toISOString()
  clock.advance(2 * HEARTBEAT_SECONDS - 1)
  expect(await page()).not.toContain('did not come')
  expect(await health()).toContain('The agent says that all is well.')
  clock.advance(1)
  const silent = await page()
  expect(silent).toContain('<span class="badge good">Connected</span>')
  expect(silent).toMatch(
    new RegExp(
      `<div id="caveat" role="status" data-live=""><div class="notice bad"><p><strong>The heartbeat of <time datetime="${due}">${due.slice(11, 16)} UTC</time> did not come: one is due every 5 minutes`,
    ),
  )
  expect(silent).toContain('<code>systemctl status landfast-agent</code>')
  expect(await health()).toMatch(
    /^<p>The machine is silent: this is how it was at its last heartbeat, <time [^>]*>10 minutes ago<\/time>\.<\/p><p>The agent said that all was well\./,
  )
  clock.advance(DAY_SECONDS)
  await owner.signIn(await trial.addApplication({ id: ROLE.owner, scope: '/' }))
  expect(await page()).toContain(`>${due.slice(0, 16).replace('T', ' ')} UTC</time> did not come`)
})

test('a machine that has sent no heartbeat yet has missed none', async () => {
  const { trial, owner } = await start()
  const { identity } = await trial.enrolMachine('web-2')
  trial.clock.advance(3 * HEARTBEAT_SECONDS)
  expect((await owner.get(`/portal${identity.resourceId}`)).text).not.toContain('did not come')
})

test('the page of a disabled machine says first that it gets no tokens, since when, by whom and where the trail has it', async () => {
  const { trial, beat, page } = await start()
  await beat({ health: [GOOD] })
  const resourceId = /\/subscriptions[^"]*web-1/.exec(await page())?.[0] ?? ''
  await trial.ask('/landfast/v1/machines/disable', { method: 'POST', json: { resourceId } })
  const since = trial.clock.now().toISOString()
  trial.clock.advance(40 * DAY_SECONDS)
  const owner = await trial.ownersBrowser()
  const { text } = await owner.get(`/portal${resourceId}`)
  expect(text).toContain('<span class="badge bad">Disabled: no tokens</span>')
  const [, caveat = ''] = /<div id="caveat"[^>]*>(.*?)<\/div>/s.exec(text) ?? []
  expect(caveat).toContain('this machine gets no tokens until it is enabled')
  expect(caveat).toContain(`Since <time datetime="${since}">`)
  expect(caveat).not.toContain('did not come')
  const [, entry = ''] = /<a href="([^"]*)">the entry of the audit trail/.exec(caveat) ?? []
  expect((await owner.get(entry.replaceAll('&amp;', '&'))).text).toMatch(
    /<span class="what"><bdi>disable-machine</,
  )
  expect(text).toContain('The machine is disabled: this is how it was at its last heartbeat')
  const reader = trial.openBrowser()
  const scope = resourceId.split('/').slice(0, 5).join('/')
  await reader.signIn(await trial.addApplication({ id: ROLE.reader, scope }))
  const seen = (await reader.get(`/portal${resourceId}`)).text
  expect(seen).toContain('this machine gets no tokens until it is enabled')
  expect(seen).not.toContain('the entry of the audit trail')
})

test('the page names the host and its system as the agent describes them', async () => {
  const { beat, page } = await start()
  const host = describeHost()
  await beat({ properties: host })
  const text = await page()
  expect(text).toContain(`<dt>Host</dt><dd><bdi>${host.machineFqdn}</bdi></dd>`)
  expect(text).toContain(`<dt>Version of the system</dt><dd><bdi>${host.osVersion}</bdi></dd>`)
})
