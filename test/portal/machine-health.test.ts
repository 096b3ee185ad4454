/** What the agent of a machine finds wrong with itself is on the page of that machine, until it is mended. */

import { SourceError, type TokenSource } from '@landfast/agent'
import { describe, expect, test } from 'vitest'
import { DATABASES } from '../../packages/control-plane/src/testing/trial-database.ts'
import { startTrialPortal } from '../../packages/control-plane/src/testing/trial-portal.ts'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { connectMachine } from '../connect/machine.ts'
import { serveMachine } from '../connect/served-machine.ts'

/** The words in which the authority refuses: the page has none of them. */
const WORDS = 'the words of the authority'

/** An authority that gives no token while it is told so. */
function refusing() {
  const state = { isRefusing: false }
  const sourceOf = (inner: TokenSource): TokenSource => ({
    getToken: async (...asked) => {
      if (state.isRefusing) throw new SourceError('resource_refused', WORDS)
      return await inner.getToken(...asked)
    },
    close: () => inner.close(),
  })
  return { state, sourceOf }
}

describe.each(DATABASES)('on %s', (database) => {
  test('an audience that is refused is on the page of its machine with the next heartbeat, and gone once it is served', async () => {
    const trial = await startTrialPortal({ database })
    const site = {
      folder: temporaryFolder(),
      clock: trial.clock,
      joinToken: async () => String((await trial.makeJoinToken()).body.token),
    }
    const { state, sourceOf } = refusing()
    const folder = await connectMachine(site, 'web-1')
    const machine = await serveMachine(site, folder, { sourceOf, auditLog: '/dev/null' })
    const owner = await trial.ownersBrowser()
    const page = async () => {
      expect(await machine.membership.look()).toBe(true)
      return (await owner.get(`/portal${machine.membership.identity.resourceId}`)).text
    }
    expect(await page()).toContain('<th scope="row">Audit log</th><td><span class="badge good">Good</span>')

    state.isRefusing = true
    expect((await machine.ask()).status).toBe(400)
    const failing = await page()
    expect(failing).toContain('<th scope="row">Token <bdi>https://storage.azure.com</bdi></th>')
    expect(failing).toContain('<code><bdi>resource_refused</bdi></code>')
    expect(failing).not.toContain(WORDS)

    state.isRefusing = false
    expect((await machine.ask()).status).toBe(200)
    expect((await machine.ask(`&client_id=${encodeURIComponent('<b>shop</b>')}`)).status).toBe(400)
    const missing = await page()
    expect(missing).toContain('<th scope="row">Identity <bdi>&lt;b&gt;shop&lt;/b&gt;</bdi></th>')
    expect(missing).toContain('<code><bdi>identity_not_found</bdi></code>')

    // The clock of a trial stands still, so that of its machine may be said to differ.
    expect(await page()).not.toContain('<th scope="row">Token')
  })
})
