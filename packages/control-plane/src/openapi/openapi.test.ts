import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import { send, startTrial } from '../testing/trial.ts'

interface Operation {
  summary?: string
  tags?: string[]
  security?: unknown[]
  parameters?: { name: string; in: string; required?: boolean; schema: { enum?: string[] } }[]
  responses: Record<string, { description: string; content?: object }>
}

async function readDocument(): Promise<{ paths: Record<string, Record<string, Operation>> }> {
  const { controlPlane } = await startTrial()
  const { status, body } = await send(controlPlane, `${controlPlane.url}/openapi.json`)
  expect(status).toBe(200)
  return body
}

let reading: ReturnType<typeof readDocument> | undefined

/** Read once: it is the same for all tests here. */
function document(): ReturnType<typeof readDocument> {
  reading ??= readDocument()
  return reading
}

async function operations(): Promise<[name: string, Operation][]> {
  return Object.entries((await document()).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method} ${path}`,
      operation,
    ]),
  )
}

test('the document is valid OpenAPI 3.1', async () => {
  const result = await new Validator().validate({ ...(await document()) })
  expect(result.errors).toBeUndefined()
  expect(result.valid).toBe(true)
})

test('the routes of every part are in it', async () => {
  const names = (await operations()).map(([name]) => name)
  for (const name of [
    'get /openapi.json',
    'post /{tenant}/oauth2/v2.0/token',
    'post /{tenant}/oauth2/token',
    'get /{tenant}/discovery/v2.0/keys',
    'get /subscriptions/{subscriptionId}',
  ]) {
    expect(names).toContain(name)
  }
})

test('an answer with the status 204 has no body', async () => {
  const empty = (await operations()).filter(([, { responses }]) => responses[204])
  expect(empty.length).toBeGreaterThan(8)
  expect(empty.filter(([, { responses }]) => responses[204]?.content).map(([name]) => name)).toEqual([])
})

test('a deletion of an application says how it answers where there is none', async () => {
  const { responses } =
    Object.fromEntries(await operations())['delete /landfast/v1/service-principals/{principalId}'] ?? {}
  expect(Object.keys(responses ?? {})).toEqual(expect.arrayContaining(['200', '204']))
})

test('each route says in a sentence what it does, in which part, and how it answers', async () => {
  for (const [name, { summary, tags, responses }] of await operations()) {
    expect(summary, name).toMatch(/^[A-Z].*\.$/)
    expect(tags, name).toHaveLength(1)
    const statuses = Object.keys(responses)
    const refusesAll = summary?.startsWith('Refused: ') ?? false
    expect(
      statuses.some((status) => /^[23]/.test(status)),
      name,
    ).toBe(!refusesAll)
    for (const [status, { description }] of Object.entries(responses)) {
      expect(description, `${name} ${status}`).not.toBe('')
    }
  }
})

test('every parameter in a path is described, and the Resource Manager asks for its api-version', async () => {
  for (const [name, { parameters = [], tags }] of await operations()) {
    const inPath = parameters
      .filter((parameter) => parameter.in === 'path')
      .map((parameter) => parameter.name)
    expect(inPath.toSorted(), name).toEqual(
      [...name.matchAll(/\{(\w+)\}/g)].map(([, param]) => param).toSorted(),
    )
    if (!tags?.includes('Resource Manager')) continue
    const version = parameters.find((parameter) => parameter.name === 'api-version')
    expect([version?.required, version?.schema.enum?.length !== 0], name).toEqual([true, true])
  }
})
