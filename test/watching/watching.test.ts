/** What operators watch Landfast with: alert rules, the dashboard, and the page about metrics, against the real pages. */

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { STYLES } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { startTrial, temporaryFolder } from '../../packages/control-plane/src/testing/trial.ts'
import { exchange, get } from '../agent/raw-http.ts'
import { SECRET, startAgent } from '../agent/running-agent.ts'
import { testWith } from '../privilege.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const RULES = `${ROOT}packaging/alerts/landfast.rules.yml`
const DASHBOARD = `${ROOT}packaging/grafana/landfast.json`

async function page(socketPath: string): Promise<string> {
  const [answer] = await once(request({ socketPath, path: '/metrics' }).end(), 'response')
  return await text(answer)
}

/** A connected agent's, after a token was given and one refused. */
async function agentPage(): Promise<string> {
  const membership = {
    identities: [],
    status: {
      status: 'Connected',
      lastHeartbeat: new Date().toISOString(),
      certificateEnd: new Date(Date.now() + 1e9).toISOString(),
    },
    start: () => {},
    stop: async () => {},
  } as const
  const { appService, adminSocket } = await startAgent({
    membership,
    facts: () => ({ agentVersion: '1.2.3' }),
  })
  const target = `${STYLES['app-service'].path}?api-version=2019-08-01&resource=a`
  await exchange(appService, get(target, 'Host: localhost', `X-IDENTITY-HEADER: ${SECRET}`))
  return await page(adminSocket)
}

async function controlPlanePage(): Promise<string> {
  const socket = join(await temporaryFolder(), 'admin.sock')
  await startTrial({ admin: { socket } })
  return await page(socket)
}

function typesIn(metrics: string): Map<string, string> {
  return new Map(
    Array.from(metrics.matchAll(/^# TYPE (\S+) (\S+)$/gm), ([, name = '', type = '']) => [name, type]),
  )
}

/** The names by which the samples of metrics are asked for. */
function samplesOf(types: ReadonlyMap<string, string>): Set<string> {
  const parts = (name: string) => [`${name}_bucket`, `${name}_sum`, `${name}_count`]
  return new Set([...types].flatMap(([name, type]) => (type === 'histogram' ? parts(name) : [name])))
}

/** The metrics that a text asks for. */
function askedIn(source: string): string[] {
  return [...new Set(source.match(/\b(?:landfast|process|nodejs)_[a-z0-9_]+/g))]
}

function expressionsOf(dashboard: string): string {
  const { panels } = JSON.parse(dashboard) as { panels: { targets?: { expr: string }[] }[] }
  return panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join('\n')
}

test('alerts and dashboard ask for metrics that there are, and the docs have each of ours with its type', async () => {
  const pages = [await agentPage(), await controlPlanePage()]
  const types = new Map(pages.flatMap((one) => [...typesIn(one)]))
  const present = samplesOf(types)
  const rules = Array.from(
    readFileSync(RULES, 'utf8').matchAll(/expr:(?: \||)([\s\S]*?)(?=\n {8}\w)/g),
    ([, expression = '']) => expression,
  )
  expect(rules.length).toBeGreaterThan(10)
  const asked = askedIn([...rules, expressionsOf(readFileSync(DASHBOARD, 'utf8'))].join('\n'))
  expect(asked.length).toBeGreaterThan(20)
  expect(asked.filter((name) => !present.has(name))).toEqual([])

  const documented = new Map(
    Array.from(
      readFileSync(`${ROOT}docs/metrics.md`, 'utf8').matchAll(/^\| `(landfast_\w+)` \| (\w+) \|/gm),
      ([, name = '', type = '']) => [name, type],
    ),
  )
  const ours = [...types].filter(([name]) => name.startsWith('landfast_'))
  expect([...documented].toSorted()).toEqual(ours.toSorted())
})

testWith(['promtool'], 'each alert is raised when it is to be, and not before', () => {
  const options = { cwd: `${ROOT}packaging/alerts`, encoding: 'utf8' } as const
  execFileSync('promtool', ['check', 'rules', 'landfast.rules.yml'], options)
  const told = execFileSync('promtool', ['test', 'rules', 'landfast.rules.test.yml'], options)
  expect(told).toContain('SUCCESS')
  const alerts = readFileSync(RULES, 'utf8').match(/(?<=alert: )\w+/g) ?? []
  const tested = readFileSync(`${options.cwd}/landfast.rules.test.yml`, 'utf8')
  expect(alerts.filter((alert) => !tested.includes(`alertname: ${alert}\n`))).toEqual([])
})

testWith(['promtool'], 'Prometheus takes both pages as they are', async () => {
  for (const input of [await agentPage(), await controlPlanePage()]) {
    // Advice about names of Node.js' own metrics is no failure; a page that cannot be read is.
    const told = execFileSync('sh', ['-c', 'promtool check metrics 2>&1 || true'], {
      input,
      encoding: 'utf8',
    })
    expect(told).not.toMatch(/error|landfast_\S+ (?!counter metrics)/)
  }
})
