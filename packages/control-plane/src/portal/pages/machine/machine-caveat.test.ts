import { HEARTBEAT_SECONDS, parseJoinToken } from '@landfast/protocol'
import { describe, expect, test } from 'vitest'
import { makeKeys } from '../../../testing/trial.ts'
import { DATABASES } from '../../../testing/trial-database.ts'
import { startTrialPortal, type TrialBrowser } from '../../../testing/trial-portal.ts'
import { ROLE } from '../../../testing/trial-resource-manager.ts'

const DAY_SECONDS = 86_400

/** A machine whose first heartbeat was taken, and what its page says at its top. */
async function start(database: (typeof DATABASES)[number] = 'sqlite') {
  const trial = await startTrialPortal({ database })
  const { clock } = trial
  const machine = await trial.enrolMachine('web-1')
  const { body } = await trial.beat(machine, machine.nonce)
  const { resourceId } = machine.identity
  let owner: TrialBrowser = await trial.ownersBrowser()
  const page = async (browser = owner) => (await browser.get(`/portal${resourceId}`)).text
  return {
    ...{ trial, machine, resourceId, page },
    nonce: body.nonce as string,
    /** Its host goes on from an older state: a second later each time, since no two rows of the trail are of one moment. */
    beatAsCopy: async () => {
      clock.advance(1)
      const { status } = await trial.beat(machine, 'of before')
      expect(status).toBeGreaterThanOrEqual(400)
      return clock.now()
    },
    caveat: async (browser = owner) =>
      /<div id="caveat" role="status" data-live="">(.*?)<\/div>\s*<div id="facts"/s
        .exec(await page(browser))?.[1]
        ?.replaceAll('\n', ' '),
    signInAnew: async () => {
      owner = await trial.ownersBrowser()
    },
    follow: async (href = '') => (await owner.get(href.replaceAll('&amp;', '&'))).text,
  }
}

describe.each(DATABASES)('on %s', (database) => {
  test('a machine whose heartbeats are refused is said to be so first, since when, why and what helps', async () => {
    const { trial, beatAsCopy, caveat, page, follow } = await start(database)
    expect(await caveat()).toBe('')
    const first = (await beatAsCopy()).toISOString()
    await beatAsCopy()
    for (const seconds of [0, 2 * HEARTBEAT_SECONDS]) {
      trial.clock.advance(seconds)
      await beatAsCopy()
      const said = await caveat()
      expect(said).toContain(
        `Its heartbeats are refused since <time datetime="${first}">${first.slice(11, 16)} UTC</time>: they do not go on from the last one that was taken.`,
      )
      expect(said).toContain('<a href="#accept-restored">accept it as restored</a>')
      expect(said).not.toContain('did not come')
      const [, entries] = /<a href="([^"]*)">The entries of the audit trail/.exec(said ?? '') ?? []
      expect(await follow(entries)).toContain('<code><bdi>MachineCloned</bdi></code>')
    }
    expect(await page()).toContain('id="accept-restored"')
  })

  test('while the heartbeats of one host are taken, the page says that another host asks too', async () => {
    const { trial, machine, nonce, beatAsCopy, caveat, page } = await start(database)
    await beatAsCopy()
    trial.clock.advance(1)
    expect((await trial.beat(machine, nonce, { health: [] })).status).toBe(200)
    expect(await caveat()).toBe('')
    await beatAsCopy()
    expect(await caveat()).toContain(
      'Two hosts ask as this machine, and the heartbeats of one of them are refused',
    )
    expect(await page()).not.toContain('The heartbeats of the machine are refused')
  })

  test('a host whose key was replaced is told that a join token lets it back, and no word of an administrator', async () => {
    const { trial, resourceId, beatAsCopy, caveat } = await start(database)
    trial.clock.advance(1)
    const { body } = await trial.makeJoinToken({ resourceGroup: undefined, replaces: resourceId })
    const { secret = '' } = parseJoinToken(body.token) ?? {}
    expect((await trial.enrol(secret, await makeKeys())).status).toBe(201)
    const replaced = trial.clock.now().toISOString()
    await beatAsCopy()
    const said = await caveat()
    expect(said).toContain('they are of a former key of the machine, or of an older state')
    expect(said).toContain(`The machine got another key at <time datetime="${replaced}">`)
    expect(said).toContain('landfast join-token create --replace <bdi>web-1</bdi>')
  })

  test('a machine that is accepted as restored is said to be so until its host has come', async () => {
    const { trial, machine, resourceId, beatAsCopy, caveat } = await start(database)
    await beatAsCopy()
    await trial.ask('/landfast/v1/machines/accept-restored', { method: 'POST', json: { resourceId } })
    expect(await caveat()).toContain('it is accepted as restored until')
    await beatAsCopy()
    expect(await caveat()).toContain('<p>Accepted as restored: until')
    const keys = await makeKeys()
    const { status, body } = await trial.renew(machine, keys)
    expect(status).toBe(200)
    trial.clock.advance(1)
    expect((await trial.beat({ ...machine, ...keys, ...body }, 'any')).status).toBe(200)
    expect(await caveat()).toBe('')
  })
})

test('what an agent said before its heartbeats were refused is called old', async () => {
  const { trial, machine, nonce, beatAsCopy, page } = await start()
  const { body } = await trial.beat(machine, nonce, { health: [] })
  expect(body.healthTaken).toBe(true)
  await beatAsCopy()
  expect(await page()).toContain('The heartbeats of the machine are refused: this is how it was')
})

test('once no heartbeat comes any more, the page says until when they were refused, and where to look', async () => {
  const { trial, beatAsCopy, caveat } = await start()
  const last = (await beatAsCopy()).toISOString()
  trial.clock.advance(2 * HEARTBEAT_SECONDS)
  const said = await caveat()
  expect(said).toContain(`to <time datetime="${last}">`)
  expect(said).toContain('and none has come since')
  expect(said).toContain('systemctl status landfast-agent')
})

test('after a machine was enabled, its page does not say that the heartbeats that were refused did not come', async () => {
  const { trial, resourceId, beatAsCopy, caveat } = await start()
  const change = (verb: string) =>
    trial.ask(`/landfast/v1/machines/${verb}`, { method: 'POST', json: { resourceId } })
  await change('disable')
  trial.clock.advance(2 * HEARTBEAT_SECONDS)
  await beatAsCopy()
  await change('enable')
  expect(await caveat()).toBe('')
})

test('a visitor who may not read the trail is told that a heartbeat may have been refused', async () => {
  const { trial, resourceId, beatAsCopy, caveat } = await start()
  await beatAsCopy()
  trial.clock.advance(2 * HEARTBEAT_SECONDS)
  const reader = trial.openBrowser()
  const scope = resourceId.split('/').slice(0, 5).join('/')
  await reader.signIn(await trial.addApplication({ id: ROLE.reader, scope }))
  const said = await caveat(reader)
  expect(said).toContain('did not come')
  expect(said).toContain('It may also have come and been refused')
})

test('a machine whose certificate has ended is said to be so, when, and until when it comes back by itself', async () => {
  const { trial, caveat, signInAnew } = await start()
  const ended = new Date(trial.clock.now().getTime() + 90 * DAY_SECONDS * 1000).toISOString()
  trial.clock.advance(91 * DAY_SECONDS)
  await signInAnew()
  const expired = await caveat()
  expect(expired).toContain('Its certificate ended at <time datetime="')
  expect(expired).toContain(ended.slice(0, 10))
  const last = new Date(Date.parse(ended) + 90 * DAY_SECONDS * 1000).toISOString()
  expect(expired).toMatch(new RegExp(`It comes back by itself until <time [^>]*>${last.slice(0, 10)}`))
  expect(expired).not.toContain('did not come')
  trial.clock.advance(90 * DAY_SECONDS)
  await signInAnew()
  const away = await caveat()
  expect(away).toContain('It was away for longer than it may come back by itself')
  expect(away).toContain('<a href="#accept-restored">accept it as restored</a>')
  expect(away).not.toContain('It comes back by itself until')
})
