/**
 * Which way PostgreSQL went for the statements of a server: told by the database itself, in its log, by its module auto_explain.
 *
 * @see https://www.postgresql.org/docs/current/auto-explain.html
 * @module
 */

import { createReadStream, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type PostgresServer, query } from '../packages/control-plane/src/testing/postgres.ts'

/** What the database must be started with. It tells nothing before it is asked to. */
export const TELLING_SETTINGS = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_format': 'json',
  'auto_explain.log_parameter_max_length': '0',
} as const

/** One statement. */
export interface ToldPlan {
  milliseconds: number
  /** Its nodes from the outside in, such as `Limit (Index Scan machine_pkey)`. */
  plan: string
}

interface PlanNode {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  Plans?: PlanNode[]
}

/** Has the database tell the plan of every statement until `ask` has ended; resolves to the plans of each of its calls. */
export async function tellPlans(
  postgres: Pick<PostgresServer, 'url' | 'folder'>,
  calls: ReadonlyArray<() => Promise<unknown>>,
): Promise<ToldPlan[][]> {
  await setTelling(postgres, '0')
  try {
    const told = []
    for (const call of calls) {
      const log = join(postgres.folder, 'log')
      const start = statSync(log).size
      await call()
      told.push(await plansIn(log, start))
    }
    return told
  } finally {
    await setTelling(postgres, '-1')
  }
}

async function setTelling({ url }: Pick<PostgresServer, 'url'>, milliseconds: string): Promise<void> {
  await query(url(), `alter system set auto_explain.log_min_duration = ${milliseconds}`)
  await query(url(), 'select pg_reload_conf()')
}

/** A plan is the lines with a tab that follow `duration: N ms  plan:`. */
async function plansIn(log: string, start: number): Promise<ToldPlan[]> {
  const plans: { milliseconds: number; lines: string[] }[] = []
  let isPlan = false
  for await (const line of createInterface({ input: createReadStream(log, { start }) })) {
    const [, milliseconds] = /duration: ([\d.]+) ms {2}plan:/.exec(line) ?? []
    if (milliseconds !== undefined) plans.push({ milliseconds: Number(milliseconds), lines: [] })
    isPlan = milliseconds !== undefined || (isPlan && line.startsWith('\t'))
    if (isPlan && milliseconds === undefined) plans.at(-1)?.lines.push(line)
  }
  return plans.map(({ milliseconds, lines }) => ({
    milliseconds,
    plan: nodeText(JSON.parse(lines.join('\n')).Plan),
  }))
}

function nodeText(node: PlanNode): string {
  const place = node['Index Name'] ?? node['Relation Name']
  const inner = (node.Plans ?? []).map(nodeText).join(', ')
  return [node['Node Type'], place, inner && `(${inner})`].filter(Boolean).join(' ')
}
