/**
 * `landfast policy test`: tells how the policy file decides on a request, rule by rule.
 *
 * @see docs/policy.md#trying-it-out
 * @module
 */

import { resolve } from 'node:path'
import type { DescribedRequest, Facts, RuleTrace, SeenProcess } from '@landfast/agent'
import type { Way } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { AGENT_SETTINGS } from '../settings/agent-settings.ts'
import { readSettings } from '../settings/settings-sources.ts'
import { printNote, printResult } from '../terminal.ts'

/** The flags of the command, as commander reads them. */
export interface PolicyTestFlags {
  audience: string
  identity?: readonly string[]
  user?: string
  group?: readonly string[]
  program?: string
  unit?: string
  container?: string
  workload?: string
  pid?: number
  style: Way
  policy?: string
  config?: string
  json?: true
}

const SYSTEM = 'system'
const NONE = 'none'
const ALLOWED = 0
const DENIED = 1

/** Who is supposed to ask, and what cannot be known of it. */
interface Supposed {
  facts: Facts
  notes: readonly string[]
}

/** What is printed. */
interface Explanation extends Supposed {
  path: string
  traces: readonly RuleTrace[]
}

/** Prints the decision and how it came about; 0 if the token would be given. */
export async function policyTest(flags: PolicyTestFlags): Promise<number> {
  const path = await findPolicy(flags)
  const { explain, readPolicy } = await import('@landfast/agent')
  const policy = await readPolicy(path)
  const supposed = await suppose(flags)
  const explanation = { ...supposed, path, traces: explain(policy, supposed.facts) }
  if (flags.json) printResult(JSON.stringify(asJson(explanation)))
  else printExplanation(explanation)
  return decisionOf(explanation).effect === 'allow' ? ALLOWED : DENIED
}

async function findPolicy({ policy, config }: PolicyTestFlags): Promise<string> {
  const flags = {
    ...(policy !== undefined && { policy: resolve(policy) }),
    ...(config !== undefined && { config }),
  }
  const settings = await readSettings(AGENT_SETTINGS, flags)
  if (settings.policy !== undefined) return settings.policy
  const hints = [
    'name it with --policy, or the file with the settings of the agent with --config',
    'an agent that has none gives every token to each caller that passes the proof of a style',
  ]
  throw new CliError('argument_missing', { detail: 'there is no policy file to test', hints })
}

async function suppose(flags: PolicyTestFlags): Promise<Supposed> {
  const { factsOfDescription, seeProcess } = await import('@landfast/agent')
  const { audience, identity: identityNames = [SYSTEM], style, pid } = flags
  const request: DescribedRequest = { audience, identityNames, style }
  if (pid === undefined) {
    const { user, program, group: groups, workload } = flags
    const [unit, container] = [flags.unit, flags.container].map(orNone)
    const facts = await factsOfDescription(request, { user, groups, program, unit, container, workload })
    if (user !== undefined && facts.userId === undefined) throw noUser(user)
    return { facts, notes: [] }
  }
  const seen = await seeProcess(request, pid)
  if (!seen) throw new CliError('argument_invalid', { detail: `there is no process ${pid}` })
  return { facts: seen.facts, notes: notesOn(seen, pid) }
}

function noUser(user: string): CliError {
  const hints = [
    'neither /etc/passwd nor "getent passwd" has it; give the id of a user that is not known here',
  ]
  return new CliError('argument_invalid', { detail: `there is no user "${user}" on this host`, hints })
}

function orNone(text: string | undefined): string | null | undefined {
  return text === NONE ? null : text
}

function notesOn({ program, facts }: SeenProcess, processId: number): string[] {
  if (!program) {
    const whose = facts.user ?? facts.userId
    return [
      `for want of privilege, user id ${process.geteuid?.()} cannot see the program, unit and container of process ${processId}, which belongs to "${whose}"`,
      'an agent of this user cannot either, and no rule that names one of them is for such a caller; try as root',
    ]
  }
  if (program.isOurs) return []
  return [
    `process ${processId} runs "${program.path}", but not the file that is there on this host: no rule that names a program is for it`,
  ]
}

function decisionOf({ traces }: Pick<Explanation, 'traces'>) {
  const last = traces.at(-1)
  return last?.decides ? { effect: last.rule.effect, rule: last.rule } : { effect: 'deny', rule: undefined }
}

function asJson(explanation: Explanation): object {
  const { path, facts, traces, notes } = explanation
  const { effect, rule } = decisionOf(explanation)
  return {
    policy: path,
    decision: effect,
    rule: rule && { name: rule.name, line: rule.line },
    request: facts,
    rules: traces.map(({ rule: { name, line, effect: does }, answers, decides }) => ({
      name,
      line,
      effect: does,
      decides,
      conditions: answers.map(({ condition, answer }) => ({ ...condition, answer })),
    })),
    notes,
  }
}

function printExplanation(explanation: Explanation): void {
  const { facts, traces, notes, path } = explanation
  for (const line of describeRequest(facts)) printResult(line)
  for (const { rule, answers, decides } of traces) {
    printResult(`line ${rule.line}, ${rule.effect} "${rule.name}": ${decides ? 'yes, it decides' : 'no'}`)
    for (const { condition, answer } of answers) {
      printResult(`  ${condition.field} ${condition.values.join(' or ')}: ${answer}`)
    }
  }
  const { effect, rule } = decisionOf(explanation)
  const verb = effect === 'allow' ? 'allowed' : 'denied'
  printResult(
    rule
      ? `${verb} by the rule "${rule.name}" at ${path}:${rule.line}`
      : `denied: no rule of ${path} allows it`,
  )
  for (const note of notes) printNote(note)
}

function describeRequest({ userId, user, program, unit, container, workload, ...asked }: Facts): string[] {
  const who = [
    `user ${quote(user ?? (userId === undefined ? undefined : String(userId)))}`,
    `program ${quote(program)}`,
    `unit ${quote(unit)}`,
    `container ${quote(container === null ? null : container?.id)}`,
  ]
  if (workload !== null) who.splice(0, who.length, `workload ${quote(workload)}`)
  const what = `the identity ${quote(asked.identityNames[0])} for ${quote(asked.audience)}, style ${asked.style}`
  return [who.join(', '), `asks for ${what}`]
}

function quote(text: string | null | undefined): string {
  if (text === undefined) return 'unknown'
  return text === null ? NONE : JSON.stringify(text)
}
