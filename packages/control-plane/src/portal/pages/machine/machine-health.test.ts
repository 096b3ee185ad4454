import { describe, expect, test } from 'vitest'
import { describeHost } from '../../../../../cli/src/machine/host-description.ts'
import { DATABASES } from '../../../testing/trial-database.ts'
import { openStream } from '../../../testing/trial-live.ts'
import { startTrialPortal } from '../../../testing/trial-portal.ts'

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
  return { trial, owner, beat, page, health }
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

test('the page says that what it shows is old where the machine is out', async () => {
  const { trial, beat, health } = await start()
  await beat({ health: [BAD] })
  await trial.storage.db.updateTable('presence').set({ status: 'Disconnected' }).execute()
  expect(await health()).toMatch(/The machine is not connected: this is how it was <time [^>]*>now<\/time>\./)
})

test('the page names the host and its system as the agent describes them', async () => {
  const { beat, page } = await start()
  const host = describeHost()
  await beat({ properties: host })
  const text = await page()
  expect(text).toContain(`<dt>Host</dt><dd><bdi>${host.machineFqdn}</bdi></dd>`)
  expect(text).toContain(`<dt>Version of the system</dt><dd><bdi>${host.osVersion}</bdi></dd>`)
})
