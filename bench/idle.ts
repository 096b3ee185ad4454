/**
 * What an agent costs that waits: registered, with its first token given, and with a heartbeat every five minutes.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { HEADER, HEARTBEAT_SECONDS, PARAMETER, STYLES } from '@landfast/protocol'
import { type JoinedAgent, startJoinedAgent } from './joined-agent.ts'
import { type Memory, readMemory, readUsage, type Usage } from './process-figures.ts'
import type { Cell, Table } from './report.ts'
import type { Effort } from './rounds.ts'

/** Of azcmagent, on average, as Microsoft publishes it. */
const PUBLISHED_PERCENT = '≤ 0.02'

const ANSWER_WITHIN_MS = 10_000

/** A new process has freed by then what it needed only to start. */
const SETTLE_MS = 1500

/** One look at the agent. */
interface Look {
  usage: Usage
  memory: Memory
}

/** For as long as one load takes in other parts: an hour is `--seconds 3600`. */
export async function measureIdle({ measureMs }: Effort): Promise<Table[]> {
  const joined = await startJoinedAgent()
  try {
    await firstToken(joined)
    await delay(SETTLE_MS)
    const before = look(joined)
    const since = performance.now()
    await delay(measureMs)
    const after = look(joined)
    return [tableOf(before, after, (performance.now() - since) / 1000)]
  } finally {
    await joined.stop()
  }
}

function look({ agent }: JoinedAgent): Look {
  agent.refuseEnded()
  return { usage: readUsage(agent.pid), memory: readMemory(agent.pid) }
}

function tableOf(before: Look, after: Look, seconds: number): Table {
  const spent = (what: keyof Usage) => after.usage[what] - before.usage[what]
  const figures: [string, Cell, Cell?][] = [
    ['seconds', seconds],
    ['processor ms', spent('liveMs')],
    ['processor ms by ticks, with threads that ended', spent('allMs')],
    ['% of a processor', (spent('liveMs') / seconds / 10).toFixed(4), PUBLISHED_PERCENT],
    ['wake-ups', spent('wakeUps')],
    ['wake-ups a minute', (spent('wakeUps') / seconds) * 60],
    ['lost its processor', spent('preemptions')],
    ['resident MiB, start', before.memory.Rss],
    ['resident MiB, end', after.memory.Rss, '≤ 54'],
    ['private dirty MiB, start', before.memory.Private_Dirty],
    ['private dirty MiB, end', after.memory.Private_Dirty, '≤ 12'],
  ]
  return {
    title: 'An idle agent',
    notes: [
      `\`landfast agent\` as built, with the flags of the package, after its first token: a heartbeat every ${HEARTBEAT_SECONDS} s to a control plane on this machine, and systemd’s watchdog.`,
    ],
    rows: figures.map(([what, measured, goal = '']) => ({ what, measured, goal })),
  }
}

/** By Arc's handshake, once something listens. */
async function firstToken({ agent, port }: JoinedAgent): Promise<void> {
  const deadline = performance.now() + ANSWER_WITHIN_MS
  const query = new URLSearchParams({
    [PARAMETER.apiVersion]: STYLES.arc.apiVersions[0] ?? '',
    [PARAMETER.resource]: 'https://management.azure.com/',
  })
  const ask = (authorization: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${port}${STYLES.arc.path}?${query}`, {
      headers: { [HEADER.metadata]: 'true', ...authorization },
    })
  for (;;) {
    agent.refuseEnded()
    const challenge = await ask().catch(() => undefined)
    if (challenge) {
      const file = challenge.headers.get('www-authenticate')?.replace(/^Basic realm=/, '') ?? ''
      const answer = await ask({ Authorization: `Basic ${readFileSync(file, 'latin1')}` })
      if (answer.status !== 200) throw new Error(`no token came: ${answer.status} ${await answer.text()}`)
      return
    }
    if (performance.now() > deadline) throw new Error(`nothing answers on port ${port}`)
    await delay(20)
  }
}
