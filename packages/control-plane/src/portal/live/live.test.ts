/** The streams by which open pages hear of changes, as a browser asks for them. */

import { request } from 'node:http'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startTrial, temporaryFolder } from '../../testing/trial.ts'
import { DATABASES, trialDatabaseUrl } from '../../testing/trial-database.ts'
import { openStream } from '../../testing/trial-live.ts'
import { startTrialPortal, type TrialPortal } from '../../testing/trial-portal.ts'

/** A stream of an Owner, once it has begun. */
async function begin(trial: TrialPortal) {
  const { cookie } = await trial.ownersBrowser()
  const stream = await openStream(trial.controlPlane, { cookie })
  await stream.untilEvents('hello', 1)
  return stream
}

describe.each(DATABASES)('on %s', (database) => {
  test('a stream says that something has changed, and nothing of what', async () => {
    const trial = await startTrialPortal({ database })
    const machine = await trial.enrolMachine('web-1')
    const stream = await begin(trial)
    const { resourceId } = machine.identity
    await trial.ask('/landfast/v1/machines/disable', { method: 'POST', json: { resourceId } })
    await stream.untilEvents('change', 1)
    expect(stream.text()).toMatch(
      /^retry: \d{4}\n\nevent: hello\ndata: \d+\n\n(event: (change|beat)\ndata: \d+\n\n)+$/,
    )
  })

  test('a stream keeps nobody signed in', async () => {
    const trial = await startTrialPortal({ database })
    const browser = await trial.ownersBrowser()
    trial.clock.advance(3_599)
    const stream = await openStream(trial.controlPlane, browser)
    await stream.untilEvents('hello', 1)
    trial.clock.advance(1)
    expect((await browser.get('/portal')).status).toBe(303)
  })
})

test('a stream is no file to keep, to change or to hold back', async () => {
  const { status, headers } = await begin(await startTrialPortal())
  expect([status, headers]).toMatchObject([
    200,
    {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    },
  ])
  expect([headers['content-encoding'], headers['set-cookie']]).toEqual([undefined, undefined])
})

test('who is not signed in gets no stream', async () => {
  const trial = await startTrialPortal()
  for (const cookie of [undefined, `__Host-landfast-portal=${'x'.repeat(43)}`]) {
    const { status, headers } = await openStream(trial.controlPlane, { cookie })
    expect([status, headers.location]).toEqual([401, undefined])
  }
})

test('another site gets no stream, whatever it brings', async () => {
  const trial = await startTrialPortal()
  const { cookie } = await trial.ownersBrowser()
  for (const headers of [
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
    { Origin: 'https://evil.example' },
    {} as Record<string, string>,
  ]) {
    expect((await openStream(trial.controlPlane, { cookie, headers })).status).toBe(403)
  }
})

test('one session has twenty streams at most, and is told when to come again', async () => {
  const trial = await startTrialPortal()
  const { cookie } = await trial.ownersBrowser()
  const open = () => openStream(trial.controlPlane, { cookie })
  for (let count = 0; count < 20; count += 1) expect((await open()).status).toBe(200)
  const { status, headers } = await open()
  expect([status, headers['retry-after']]).toEqual([503, '5'])
  expect((await begin(trial)).status).toBe(200)
})

test('a stream ends in good order when the control plane begins to stop, long before it has', async () => {
  const trial = await startTrialPortal({ drainSeconds: 2 })
  const browser = await trial.ownersBrowser()
  const stream = await openStream(trial.controlPlane, browser)
  await stream.untilEvents('hello', 1)
  const stopped = trial.stop()
  expect(await Promise.race([stream.ended, stopped])).toBe('whole')
  expect((await openStream(trial.controlPlane, browser)).status).toBe(503)
  await stopped
})

test('a change at one replica is heard at another, and one that stops leaves nobody at the others without word', async () => {
  const url = (await trialDatabaseUrl('postgres')) ?? ''
  const trial = await startTrialPortal({ databaseUrl: url })
  const { cookie } = await trial.ownersBrowser()
  const other = await startTrial({ databaseUrl: url, now: trial.clock.now })
  const stream = await openStream(other.controlPlane, { cookie })
  await stream.untilEvents('hello', 1)
  await trial.makeJoinToken()
  await stream.untilEvents('change', 1)
  const changes = stream.text().split('event: change').length
  await trial.makeJoinToken()
  await trial.stop()
  await stream.untilEvents('change', changes)
})

test('a stream is counted when it ends, and how long it took is not among the times of answers', async () => {
  const socket = join(await temporaryFolder(), 'admin.sock')
  const trial = await startTrialPortal({ admin: { socket }, drainSeconds: 5 })
  await begin(trial)
  const stopped = trial.stop()
  const counted = 'landfast_control_plane_requests_total{route="/portal/live",method="GET",status="200"} 1'
  let page = ''
  await expect
    .poll(async () => {
      page = await askSocket(socket, '/metrics')
      return page.includes(counted)
    })
    .toBe(true)
  expect(page.match(/^landfast_control_plane_request_duration.*live.*$/m)).toBeNull()
  await stopped
})

/** What a Unix socket answers at `path`. */
function askSocket(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path, agent: false }, async (answer) => {
      resolve(Buffer.concat(await answer.toArray()).toString())
    })
      .on('error', reject)
      .end()
  })
}
