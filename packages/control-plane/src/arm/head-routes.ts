/**
 * A HEAD route for every GET of a resource: it tells whether the resource is there, as Azure does.
 *
 * @see https://learn.microsoft.com/rest/api/resources/resources/check-existence-by-id
 * @module
 */

import { nothing } from '../openapi/arm-bodies.ts'
import type { ArmRoute } from './arm-route.ts'

/** The HEADs of those of `routes` that get one resource. */
export function headRoutes(routes: readonly ArmRoute[]): ArmRoute[] {
  return routes.filter(getsResource).map(headRoute)
}

function getsResource({ method, path, versions }: ArmRoute): boolean {
  return method === 'GET' && versions !== undefined && path.endsWith('}')
}

function headRoute(route: ArmRoute): ArmRoute {
  return {
    ...route,
    answers: { 204: nothing('It is there.') },
    method: 'HEAD',
    summary: 'Says whether what a GET would get is there.',
    handle: async (request) => {
      await route.handle(request)
      return { status: 204 }
    },
  }
}
