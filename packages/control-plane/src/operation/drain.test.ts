import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { json } from 'node:stream/consumers'
import { expect, onTestFinished, test, vi } from 'vitest'
import { askForToken, registerTrialMachine, send, startTrial } from '../testing/trial.ts'
import { createDrain } from './drain.ts'

test('until it is to stop, a control plane is as ready as it is; then it is not, however ready', async () => {
  const drain = createDrain(0)
  let reason: string | undefined
  const whyNotReady = drain.readiness(async () => reason)
  expect(await whyNotReady()).toBeUndefined()
  reason = 'there is no key to sign with'
  expect(await whyNotReady()).toBe(reason)
  reason = undefined
  await drain.begin(() => {})
  expect(await whyNotReady()).toBe('the control plane is stopping')
})

test('a control plane that is to stop says so first, answers meanwhile, and ends each connection with its answer', async () => {
  const trial = await startTrial({ drainSeconds: 300 })
  const machine = await registerTrialMachine(trial)
  const { url, caFile } = trial.controlPlane
  // Its own getters know no URL any more once it is to stop.
  const controlPlane = { ...trial.controlPlane, url }
  const agent = new Agent({ ca: await readFile(caFile), keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  const ready = async () => {
    const [answer] = await once(request(`${url}/readyz`, { agent }).end(), 'response')
    return { status: answer.statusCode, connection: answer.headers.connection, body: await json(answer) }
  }
  expect(await ready()).toMatchObject({ status: 200, connection: 'keep-alive' })
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const stopped = trial.controlPlane.stop()
  const stopping = { status: 'not ready', reason: 'the control plane is stopping' }
  expect(await ready()).toEqual({ status: 503, connection: 'close', body: stopping })
  expect((await askForToken(machine, { ...trial, controlPlane })).status).toBe(200)
  expect((await send(controlPlane, `${url}/livez`)).status).toBe(200)
  vi.advanceTimersByTime(300_000)
  vi.useRealTimers()
  await stopped
  await expect(send(controlPlane, `${url}/livez`)).rejects.toThrow()
})
