/** Many open pages: 500 streams to one process. */

import { expect, test } from 'vitest'
import { openStream, type TrialStream } from '../../packages/control-plane/src/testing/trial-live.ts'
import { startTrialPortal } from '../../packages/control-plane/src/testing/trial-portal.ts'

const STREAMS = 500
const OF_SESSION = 20

test('of 500 open streams each hears a change, and is told to ask within ten seconds; the server goes on answering', async () => {
  const trial = await startTrialPortal()
  const streams: TrialStream[] = []
  let { cookie } = await trial.ownersBrowser()
  for (let count = 0; count < STREAMS; count += 1) {
    if (count % OF_SESSION === 0) ({ cookie } = await trial.ownersBrowser())
    streams.push(await openStream(trial.controlPlane, { cookie }))
  }
  expect(streams.filter(({ status }) => status !== 200)).toEqual([])
  const machine = await trial.enrolMachine('web-1')
  await Promise.all(streams.map((stream) => stream.untilEvents('change', 1)))
  for (const stream of streams) expect(stream.text()).toContain(`event: change\ndata: ${STREAMS * 20}\n`)
  expect((await trial.beat(machine, machine.nonce)).status).toBe(200)
  const browser = await trial.ownersBrowser()
  expect((await browser.get('/portal/machines')).text).toContain('web-1')
  await trial.stop()
  expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual(streams.map(() => 'whole'))
})
