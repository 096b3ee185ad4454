/**
 * `npm run screenshots` makes a picture of every page of the portal, light and dark. Those that the docs show go to `docs/`, the others
 * to `node_modules/.screenshots`.
 *
 * @module
 */

import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'
import { skipWithoutChromium, startVisitedPortal, type VisitedPortal } from './visited-portal.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const ALL = join(ROOT, 'node_modules/.screenshots')

/** What the docs show: pages in this colour scheme, by their names there. */
const SHOWN = {
  'overview-light.png': 'portal-overview.png',
  'server-light.png': 'portal-machine.png',
  'servers-dark.png': 'portal-machines.png',
} as const

const VIEWPORT = { width: 1180, height: 760 }

const SERVERS = [
  { name: 'web-3', role: 'web', system: 'Debian GNU/Linux 12' },
  { name: 'web-4', role: 'web', system: 'Debian GNU/Linux 12' },
  { name: 'db-1', role: 'database', system: 'Ubuntu 24.04' },
  { name: 'builder', role: 'ci', system: 'Fedora Linux 42' },
]

/** What their agents tell of themselves. */
const PARTS = ['audit-log', 'key-folder', 'endpoint arc', 'certificate', 'clock']

/** Has some servers in "shop" that told what they are; the last one is disabled. */
async function furnish({ enrolMachine, beat, ask, subscriptionId }: VisitedPortal): Promise<void> {
  for (const { name, role, system } of SERVERS) {
    const machine = await enrolMachine(name)
    const machineFqdn = `${name}.example.com`
    const properties = {
      osName: 'linux',
      osSku: system,
      osVersion: '6.12.48',
      agentVersion: '0.1.0',
      machineFqdn,
    }
    const since = new Date(Date.now() - 7_200_000).toISOString()
    const health = PARTS.map((part) => ({ part, ok: true, since }))
    await beat(machine, machine.nonce, { hostName: machineFqdn, properties, health })
    await ask(pathOf(subscriptionId, name), { method: 'PATCH', json: { tags: { role } } })
  }
  const [resourceId] = pathOf(subscriptionId, 'builder').split('?')
  await ask('/landfast/v1/machines/disable', { method: 'POST', json: { resourceId } })
}

function pathOf(subscriptionId: string, name: string): string {
  const group = `/subscriptions/${subscriptionId}/resourceGroups/shop`
  return `${group}/providers/Microsoft.HybridCompute/machines/${name}?api-version=2025-01-13`
}

/** Those of tests, and two of a server as there are many. */
function pagesOf({ pages, subscriptionId }: VisitedPortal): VisitedPortal['pages'] {
  const [path = ''] = pathOf(subscriptionId, 'db-1').split('?')
  return { ...pages, server: `/portal${path}`, servers: '/portal/machines?tag=role&order=name' }
}

test.for(['light', 'dark'] as const)('every page, %s', async (colorScheme, context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  await furnish(portal)
  const page = await portal.visit({ colorScheme, viewport: VIEWPORT })
  mkdirSync(ALL, { recursive: true })
  for (const [what, path] of Object.entries(pagesOf(portal))) {
    await page.goto(path)
    const file = `${what.replaceAll(' ', '-')}-${colorScheme}.png`
    rmSync(join(ALL, file), { force: true })
    await page.screenshot({ path: join(ALL, file) })
    const shown = SHOWN[file as keyof typeof SHOWN]
    if (shown) copyFileSync(join(ALL, file), join(ROOT, 'docs', shown))
  }
})
