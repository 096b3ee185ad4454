/**
 * Resource providers: the types of resources, and the api-versions of each, told from the routes themselves. All are
 * registered: there is nothing to register.
 *
 * @see https://learn.microsoft.com/azure/azure-resource-manager/management/resource-providers-and-types
 * @module
 */

import { resourceTypeOf } from '../arm/api-version.ts'
import { ArmError } from '../arm/arm-error.ts'
import { type ArmRoute, armRoute } from '../arm/arm-route.ts'
import { RESOURCE_VERSIONS } from '../arm/provider-versions.ts'
import { answers200, answersPage, PROVIDER } from '../openapi/arm-bodies.ts'

/** What the connected machine agent wants to see registered, though nothing of it is here. */
const EMPTY_PROVIDERS = ['Microsoft.GuestConfiguration', 'Microsoft.HybridConnectivity'] as const

/** The api-versions of each resource type of each provider. */
type Providers = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>

const READ = 'Microsoft.Resources/subscriptions/providers/read'
const PROVIDERS = '/subscriptions/{subscriptionId}/providers'

/** The routes of the providers that `routes` make up. */
export function providerRoutes(routes: readonly ArmRoute[]): ArmRoute[] {
  const providers = providersOf(routes)
  const versions = RESOURCE_VERSIONS
  return [
    ...tenantRoutes(providers),
    armRoute({
      method: 'GET',
      path: PROVIDERS,
      summary: 'Lists the resource providers.',
      answers: answersPage('The providers.', PROVIDER),
      versions,
      action: READ,
      handle: async ({ params }) => ({
        body: { value: [...providers.keys()].map((name) => providerBody(providers, name, params)) },
      }),
    }),
    armRoute({
      method: 'GET',
      path: `${PROVIDERS}/{resourceProviderNamespace}`,
      summary: 'Gets a resource provider with its types and their api-versions.',
      answers: answers200('The provider.', PROVIDER),
      versions,
      action: READ,
      scope: ({ subscriptionId }) => `/subscriptions/${subscriptionId}`,
      handle: async ({ params }) => {
        const name = knownName(providers, params.resourceProviderNamespace)
        return { body: providerBody(providers, name, params) }
      },
    }),
    armRoute({
      method: 'POST',
      path: `${PROVIDERS}/{resourceProviderNamespace}/register`,
      summary: 'Registers a resource provider, which all are already.',
      answers: answers200('The provider.', PROVIDER),
      versions,
      handle: async ({ params, check }) => {
        const name = knownName(providers, params.resourceProviderNamespace)
        await check(`${name}/register/action`, `/subscriptions/${params.subscriptionId}`)
        return { body: providerBody(providers, name, params) }
      },
    }),
  ]
}

/** The same without a subscription; every caller may read what is in no subscription. */
function tenantRoutes(providers: Providers): ArmRoute[] {
  return [
    armRoute({
      method: 'GET',
      path: '/providers',
      summary: 'Lists the resource providers of the tenant.',
      answers: answersPage('The providers.', PROVIDER),
      versions: RESOURCE_VERSIONS,
      handle: async () => ({
        body: { value: [...providers.keys()].map((name) => providerBody(providers, name)) },
      }),
    }),
    armRoute({
      method: 'GET',
      path: '/providers/{resourceProviderNamespace}',
      summary: 'Gets a resource provider of the tenant with its types and their api-versions.',
      answers: answers200('The provider.', PROVIDER),
      versions: RESOURCE_VERSIONS,
      handle: async ({ params }) => ({
        body: providerBody(providers, knownName(providers, params.resourceProviderNamespace)),
      }),
    }),
  ]
}

function providersOf(routes: readonly ArmRoute[]): Providers {
  const providers = new Map<string, Map<string, readonly string[]>>(
    EMPTY_PROVIDERS.map((name) => [name, new Map()]),
  )
  for (const { path, versions } of routes) {
    const [name, ...type] = resourceTypeOf(path)?.split('/') ?? []
    if (!name || type.length === 0 || !versions) continue
    const types = providers.get(name) ?? new Map()
    providers.set(name, types.set(type.join('/'), versions))
  }
  return new Map([...providers].toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

type Name = `Microsoft.${string}`

/** The name in `namespace`, which may be written in any case. */
function knownName(providers: Providers, namespace: string): Name {
  const name = [...providers.keys()].find((known) => known.toLowerCase() === namespace.toLowerCase())
  if (!name) throw new ArmError('InvalidResourceNamespace', { namespace })
  return name as Name
}

function providerBody(
  providers: Providers,
  namespace: string,
  subscription?: { subscriptionId: string },
): object {
  const place = subscription ? `/subscriptions/${subscription.subscriptionId}` : ''
  const types = [...(providers.get(namespace) ?? [])]
  return {
    id: `${place}/providers/${namespace}`,
    namespace,
    registrationPolicy: 'RegistrationFree',
    registrationState: 'Registered',
    resourceTypes: types.map(([resourceType, versions]) => ({
      resourceType,
      locations: [],
      apiVersions: versions.toReversed(),
    })),
  }
}
