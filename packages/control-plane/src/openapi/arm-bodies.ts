/**
 * Schemas of the answers of the Resource Manager that say what was asked for, for the OpenAPI document.
 *
 * @module
 */

const TEXT = { type: 'string' } as const
const TEXTS = { type: 'object', additionalProperties: TEXT } as const
const SOME = { type: 'object', additionalProperties: true } as const

/** What all resources have; what is special about one is in its `properties`. */
export const RESOURCE = {
  type: 'object',
  required: ['id', 'name', 'type'],
  properties: {
    id: TEXT,
    name: TEXT,
    type: TEXT,
    location: TEXT,
    tags: TEXTS,
    identity: SOME,
    properties: SOME,
  },
} as const

/** A subscription. */
export const SUBSCRIPTION = {
  type: 'object',
  required: ['id', 'subscriptionId', 'tenantId', 'displayName', 'state'],
  properties: { id: TEXT, subscriptionId: TEXT, tenantId: TEXT, displayName: TEXT, state: TEXT },
} as const

/** A resource provider. */
export const PROVIDER = {
  type: 'object',
  required: ['id', 'namespace', 'registrationState', 'resourceTypes'],
  properties: {
    id: TEXT,
    namespace: TEXT,
    registrationState: TEXT,
    resourceTypes: {
      type: 'array',
      items: {
        type: 'object',
        required: ['resourceType', 'apiVersions'],
        properties: { resourceType: TEXT, apiVersions: { type: 'array', items: TEXT } },
      },
    },
  },
} as const

/** Something with a name. */
export const NAMED = { type: 'object', required: ['name'], properties: { id: TEXT, name: TEXT } } as const

/** Something with an id. */
export const IDENTIFIED = { type: 'object', required: ['id'], properties: { id: TEXT } } as const

/** What a role allows. */
export const PERMISSIONS = {
  type: 'object',
  required: ['actions', 'notActions'],
  properties: { actions: { type: 'array', items: TEXT }, notActions: { type: 'array', items: TEXT } },
} as const

type Schema = Readonly<Record<string, unknown>>

/** Schemas of answers by status. */
export type Answers = Readonly<Record<number, object>>

/** An answer with a body. */
export function answers200(description: string, schema: Schema): Answers {
  return { 200: { description, ...schema } }
}

/** A page of a list. */
export function answersPage(description: string, item: Schema): Answers {
  const properties = { value: { type: 'array', items: item }, nextLink: { type: 'string', format: 'uri' } }
  return { 200: { description, type: 'object', required: ['value'], properties } }
}

/** What a PUT makes or changes. */
export function answersWritten(description: string, schema: Schema): Answers {
  return {
    200: { description: `${description} It was there.`, ...schema },
    201: { description: `${description} It is new.`, ...schema },
  }
}

/** What a DELETE leaves: nothing, whether there was something or not. */
export const ANSWERS_DELETED: Answers = {
  200: nothing('It is deleted.'),
  204: nothing('There was none.'),
}

/** An answer without a body. */
export function nothing(description: string): object {
  return { description, type: 'null' }
}
