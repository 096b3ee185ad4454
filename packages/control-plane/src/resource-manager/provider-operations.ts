/**
 * The operations of each provider: the actions by which roles allow routes, told from the routes themselves.
 *
 * @see https://learn.microsoft.com/rest/api/authorization/provider-operations-metadata
 * @module
 */

import { ArmError } from '../arm/arm-error.ts'
import { type ArmRoute, armRoute } from '../arm/arm-route.ts'
import { answers200, answersPage, NAMED } from '../openapi/arm-bodies.ts'

/** What clients send: azure-mgmt-authorization, az. */
const VERSIONS = ['2015-07-01', '2018-01-01-preview', '2022-04-01'] as const

const PATH = '/providers/Microsoft.Authorization/providerOperations'

/** One operation. */
interface Operation {
  /** The action. */
  name: string
  /** The type of resource that it is done to, without the provider. */
  type: string
  description: string
}

/** The operations of every provider by its name. */
type Operations = ReadonlyMap<string, readonly Operation[]>

/** The routes that list the operations of `routes`. Every caller may read them. */
export function operationRoutes(routes: readonly ArmRoute[]): ArmRoute[] {
  const all = operationsOf(routes)
  return [
    armRoute({
      method: 'GET',
      path: PATH,
      summary: 'Lists the operations of every resource provider.',
      answers: answersPage('The providers with their operations.', NAMED),
      versions: VERSIONS,
      handle: async () => ({ body: { value: [...all.keys()].map((name) => metadataOf(all, name)) } }),
    }),
    armRoute({
      method: 'GET',
      path: `${PATH}/{resourceProviderNamespace}`,
      summary: 'Lists the operations of a resource provider.',
      answers: answers200('The provider with its operations.', NAMED),
      versions: VERSIONS,
      handle: async ({ params: { resourceProviderNamespace: namespace } }) => {
        const name = [...all.keys()].find((one) => one.toLowerCase() === namespace.toLowerCase())
        if (name === undefined) throw new ArmError('InvalidResourceNamespace', { namespace })
        return { body: metadataOf(all, name) }
      },
    }),
    ...[...all].map(([namespace, operations]) =>
      armRoute<string>({
        method: 'GET',
        path: `/providers/${namespace}/operations`,
        summary: `Lists the operations of ${namespace}.`,
        answers: answersPage('The operations.', NAMED),
        versions: versionsOf(routes, namespace),
        handle: async () => ({ body: { value: operations.map((one) => operationBody(namespace, one)) } }),
      }),
    ),
  ]
}

/** The first route with an action describes it. */
function operationsOf(routes: readonly ArmRoute[]): Operations {
  const operations = new Map<string, Operation[]>()
  const actions = new Map(routes.toReversed().map(({ action, summary }) => [action, summary]))
  for (const [action, description] of actions) {
    const [, namespace, type] = /^(Microsoft\.\w+)\/(.+)\/(?:\w+\/action|\w+)$/.exec(action ?? '') ?? []
    if (action === undefined || namespace === undefined || type === undefined) continue
    operations.set(namespace, [...(operations.get(namespace) ?? []), { name: action, type, description }])
  }
  return new Map([...operations].toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

/** Those of all types of the provider. */
function versionsOf(routes: readonly ArmRoute[], namespace: string): string[] {
  const own = routes.filter(({ action }) => action?.startsWith(`${namespace}/`))
  return [...new Set(own.flatMap(({ versions = [] }) => versions))].toSorted()
}

function metadataOf(all: Operations, namespace: string): object {
  const types = Map.groupBy(all.get(namespace) ?? [], ({ type }) => type)
  return {
    id: `${PATH}/${namespace}`,
    name: namespace,
    type: 'Microsoft.Authorization/providerOperations',
    displayName: namespace,
    operations: [],
    resourceTypes: [...types].map(([name, operations]) => ({
      name,
      displayName: name,
      operations: operations.map(({ name: action, description }) => ({
        name: action,
        displayName: description,
        description,
        origin: 'user,system',
        properties: null,
        isDataAction: false,
      })),
    })),
  }
}

function operationBody(provider: string, { name, type: resource, description }: Operation): object {
  const display = { provider, resource, operation: description, description }
  return { name, isDataAction: false, display, origin: 'user,system' }
}
