/**
 * The routes of one type of resource: its api-versions are stated once, and the action follows from the method.
 *
 * @module
 */

import { type ArmAction, type ArmRoute, armRoute } from './arm-route.ts'

/** What a route says beside its type, its method and its path. */
export type TypedRoute<Path extends string> = Pick<
  ArmRoute<Path>,
  'summary' | 'scope' | 'body' | 'answers' | 'handle'
>

/** The methods, and what Azure calls it to use them. */
const VERB = { GET: 'read', PUT: 'write', PATCH: 'write', DELETE: 'delete' } as const

/** A method from which the action follows. */
export type ArmMethod = keyof typeof VERB

/** What a caller must be allowed to use `method` on resources of `type`. */
export function actionOf(type: ArmAction, method: ArmMethod): ArmAction {
  return `${type}/${VERB[method]}`
}

/** Declares routes of resources of `type`, such as `Microsoft.HybridCompute/machines`. */
export function routesOf(type: ArmAction, versions: readonly string[]) {
  const by =
    (method: ArmMethod) =>
    <const Path extends string>(path: Path, route: TypedRoute<Path>): ArmRoute =>
      armRoute({ method, path, versions, action: actionOf(type, method), ...route })
  return { get: by('GET'), put: by('PUT'), patch: by('PATCH'), delete: by('DELETE') }
}
