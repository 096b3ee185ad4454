/**
 * Checks the parameter `api-version`, without which the Resource Manager answers nothing.
 *
 * @see https://learn.microsoft.com/rest/api/azure/#request-uri
 * @module
 */

import { ArmError } from './arm-error.ts'
import type { ArmRoute } from './arm-route.ts'

/** The parameter's name, without regard to case as Azure takes it. */
const NAME = 'api-version'

/**
 * The version of `route` that `query` asks for; empty for a route without versions.
 *
 * @throws {ArmError} if it is missing or unknown; the message lists those there are.
 */
export function checkApiVersion(
  route: Pick<ArmRoute, 'path' | 'versions'>,
  query: Readonly<Record<string, string>>,
): string {
  const { versions } = route
  if (!versions) return ''
  const version = query[NAME]
  if (!version) throw new ArmError('MissingApiVersionParameter')
  if (versions.includes(version.toLowerCase())) return version.toLowerCase()
  const supported = versions.join(', ')
  const type = resourceTypeOf(route.path)
  if (type) throw new ArmError('NoRegisteredProviderFound', { version, type, supported })
  throw new ArmError('InvalidApiVersionParameter', { version, supported })
}

/** The type that a path is about, such as `Microsoft.HybridCompute/machines`: its last provider and what follows. */
export function resourceTypeOf(path: string): string | undefined {
  const [, provided] = /.*\/providers\/(.+)$/.exec(path) ?? []
  return provided?.replaceAll(/\/\{\w+\}/g, '')
}
