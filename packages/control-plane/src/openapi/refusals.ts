/**
 * Adds to the OpenAPI document what every route can refuse a request with. Each refusal is described once and referred to.
 *
 * @module
 */

import { ARM_REFUSAL, AUTHORITY_REFUSAL } from './answers.ts'

const TEXT = { type: 'string' } as const

/** The headers of refusals. */
const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds to wait.', schema: { type: 'string', pattern: '^\\d+$' } },
} as const
const CHALLENGE = {
  'WWW-Authenticate': { description: 'Where to get a token.', schema: TEXT },
} as const
const CODE = { 'x-ms-error-code': { description: 'The code once more.', schema: TEXT } } as const

/** Every status that a refusal can have, and what it means. */
const STATUSES = {
  400: ['The request is malformed, or not supported.', {}],
  401: ['The caller did not prove itself.', CHALLENGE],
  403: ['The caller has no right to this.', {}],
  404: ['There is no such thing.', {}],
  405: ['This cannot be done to it.', {}],
  409: ['It does not fit what is there.', {}],
  412: ['It is another version than the condition says.', {}],
  413: ['The body is too large.', {}],
  415: ['The body is of another type than the route takes.', {}],
  429: ['There are too many requests.', RETRY_AFTER],
  500: ['The control plane failed.', {}],
  503: ['The control plane cannot answer now.', RETRY_AFTER],
} as const satisfies Record<number, readonly [description: string, headers: object]>

type Status = keyof typeof STATUSES

/** The forms of a refusal, by the names that they have in the document. */
const FORMS = {
  /** That of the Resource Manager, of Graph and of ours. */
  Arm: { content: ARM_REFUSAL, headers: CODE },
  /** That of Entra. */
  Authority: { content: AUTHORITY_REFUSAL, headers: {} },
  /** A HEAD has no body. */
  Bare: { content: undefined, headers: CODE },
} as const

type Form = keyof typeof FORMS

/** What of the document is changed here. */
interface Document {
  paths?: Record<string, Record<string, Operation>>
  components?: { responses?: Record<string, object> }
}

interface Operation {
  tags?: string[]
  responses?: Record<string, object>
}

/** `document` with its refusals; `formOf` says in which form those of an operation are. */
export function withRefusals<Given extends object>(
  document: Given,
  formOf: (operation: { tag: string; method: string }) => Form,
): Given {
  const { paths = {}, components = {}, ...rest } = document as Document
  const added = Object.entries(paths).map(([path, methods]) => [
    path,
    Object.fromEntries(
      Object.entries(methods).map(([method, operation]) => {
        const form = formOf({ tag: operation.tags?.[0] ?? '', method })
        const answers = Object.entries(operation.responses ?? {}).map(withoutEmptyBody)
        return [method, { ...operation, responses: { ...refusalsIn(form), ...Object.fromEntries(answers) } }]
      }),
    ),
  ])
  const responses = { ...components.responses, ...describedRefusals() }
  return { ...rest, paths: Object.fromEntries(added), components: { ...components, responses } } as Given
}

/** An answer whose body would be null has none. */
function withoutEmptyBody([status, response]: [string, object]): [string, object] {
  const { content, ...rest } = response as { content?: Record<string, { schema?: { type?: string } }> }
  const isEmpty = Object.values(content ?? {}).every(({ schema }) => schema?.type === 'null')
  return [status, content && !isEmpty ? { ...rest, content } : rest]
}

/** "default" too: a proxy, or a later version, may have more to say. */
function refusalsIn(form: Form): Record<string, object> {
  const statuses = [...Object.keys(STATUSES), 'default']
  return Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/${nameOf(form, status)}` }]),
  )
}

function nameOf(form: Form, status: string): string {
  return `${form}${status === 'default' ? 'Refusal' : status}`
}

function describedRefusals(): Record<string, object> {
  return Object.fromEntries(
    (Object.keys(FORMS) as Form[]).flatMap((form) => [
      [nameOf(form, 'default'), responseOf(form, ['Refused; the code says why.', {}])],
      ...Object.entries(STATUSES).map(([status, row]) => [
        nameOf(form, status),
        responseOf(form, STATUSES[Number(status) as Status] ?? row),
      ]),
    ]),
  )
}

function responseOf(
  form: Form,
  [description, headers]: readonly [description: string, headers: object],
): object {
  const { content, headers: always } = FORMS[form]
  const { description: _, ...schema } = content ?? {}
  return {
    description,
    headers: { ...always, ...headers },
    ...(content && { content: { 'application/json': { schema } } }),
  }
}
