/**
 * Reads the text of a policy: YAML, strictly. An unknown field is refused with its line, since a mistyped field that is
 * passed over in silence would let a rule apply to everybody.
 *
 * @see docs/policy.md#the-file
 * @module
 */

import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml'
import { AgentError } from '../errors.ts'
import { type Condition, FIELD_NAMES, type FieldName, parseValue } from './conditions.ts'
import type { Effect, Policy, Rule } from './policy.ts'

const RULES = 'rules'
const NAME = 'name'
const EFFECT = 'effect'
const EFFECTS: readonly string[] = ['allow', 'deny'] satisfies Effect[]

const NAME_MAX_CHARACTERS = 100

/** Ends the reading; `at` is the offset in the text. */
type Refuse = (at: number | undefined, what: string) => never

/**
 * The policy in `text`, the content of the file at `path`.
 *
 * @throws {AgentError} `policy_broken` that names the line.
 */
export function parsePolicy(text: string, path: string): Policy {
  const lines = new LineCounter()
  const lineOf = (at = 0): number => lines.linePos(at).line || 1
  const refuse: Refuse = (at, what) => {
    throw new AgentError('policy_broken', `${path}:${lineOf(at)}: ${what}`)
  }
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const [error] = [...document.errors, ...document.warnings]
  if (error) refuse(error.pos[0], error.message)
  const items = readRuleList(document.contents, refuse)
  const rules = items.map((item) => readRule(item, refuse, lineOf(startOf(item))))
  refuseSameNames(rules, path)
  return { rules }
}

function readRuleList(contents: Node | null, refuse: Refuse): YAMLMap[] {
  if (!isMap(contents)) return refuse(startOf(contents), `the file must hold "${RULES}:" and a list of rules`)
  let list: unknown
  for (const pair of contents.items) {
    if (keyOf(pair) !== RULES)
      refuse(startOf(pair.key), `unknown field "${keyOf(pair)}"; there is "${RULES}"`)
    list = pair.value
  }
  if (!isSeq(list)) return refuse(startOf(contents), `"${RULES}" must be a list`)
  return list.items.map((item) => (isMap(item) ? item : refuse(startOf(item), 'a rule must have fields')))
}

function readRule(map: YAMLMap, refuse: Refuse, line: number): Rule {
  const texts = new Map<string, string[]>()
  const conditions: Condition[] = []
  for (const pair of map.items) {
    const key = keyOf(pair)
    const at = startOf(pair.key)
    if (key === NAME || key === EFFECT) texts.set(key, readTexts(pair, refuse))
    else if (isField(key)) conditions.push(readCondition(key, pair, refuse))
    else refuse(at, `unknown field "${key}"; there are ${[NAME, EFFECT, ...FIELD_NAMES].join(', ')}`)
  }
  const name = readName(texts.get(NAME), startOf(map), refuse)
  const effect = readEffect(texts.get(EFFECT), startOf(map), refuse)
  conditions.sort((a, b) => FIELD_NAMES.indexOf(a.field) - FIELD_NAMES.indexOf(b.field))
  return { name, effect, line, conditions }
}

function readName(texts: readonly string[] | undefined, at: number | undefined, refuse: Refuse): string {
  const [name = '', more] = texts ?? []
  if (more === undefined && /^[^\p{Cc}]+$/u.test(name) && name.length <= NAME_MAX_CHARACTERS) return name
  return refuse(at, `a rule needs a "${NAME}" of at most ${NAME_MAX_CHARACTERS} characters`)
}

function readEffect(texts: readonly string[] | undefined, at: number | undefined, refuse: Refuse): Effect {
  const [effect = '', more] = texts ?? []
  if (more === undefined && EFFECTS.includes(effect)) return effect as Effect
  return refuse(at, `a rule needs an "${EFFECT}", "allow" or "deny"`)
}

function readCondition(field: FieldName, pair: Pair, refuse: Refuse): Condition {
  const values = readTexts(pair, refuse).map((text) => {
    try {
      return parseValue(field, text)
    } catch (error) {
      return refuse(startOf(pair.key), `"${field}" ${(error as Error).message}, not "${text}"`)
    }
  })
  return { field, values }
}

/** One text, or a list of them that is not empty. A number is read as it is written. */
function readTexts(pair: Pair, refuse: Refuse): string[] {
  const nodes: unknown[] = isSeq(pair.value) ? pair.value.items : [pair.value]
  if (nodes.length === 0)
    refuse(startOf(pair.key), `"${keyOf(pair)}" holds an empty list; leave it out to mean any`)
  return nodes.map((node) => {
    const value = isScalar(node) ? node.value : undefined
    const text = typeof value === 'number' && isScalar(node) ? (node.source ?? String(value)) : value
    if (typeof text === 'string' && text !== '') return text
    return refuse(startOf(node) ?? startOf(pair.key), `"${keyOf(pair)}" must be a text or a list of texts`)
  })
}

function refuseSameNames(rules: readonly Rule[], path: string): void {
  const seen = new Map<string, Rule>()
  for (const rule of rules) {
    const first = seen.get(rule.name)
    if (first) {
      const what = `the rule of line ${first.line} has the name "${rule.name}" too`
      throw new AgentError('policy_broken', `${path}:${rule.line}: ${what}`)
    }
    seen.set(rule.name, rule)
  }
}

function isField(key: string): key is FieldName {
  return (FIELD_NAMES as readonly string[]).includes(key)
}

function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : ''
}

function startOf(node: unknown): number | undefined {
  return (node as { range?: [number, number, number] | null } | null)?.range?.[0]
}
