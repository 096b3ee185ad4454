/**
 * Finds the page at a path. Like the rest of the control plane it reads ids without regard to case.
 *
 * @module
 */

import type { PageRoute } from './page.ts'

/** A page with what its path names. */
export interface FoundPage {
  route: PageRoute
  params: Record<string, string>
}

/** Finds pages among `routes`, of which the first that fits counts. */
export function createPageRoutes(
  routes: readonly PageRoute[],
): (method: string, path: string) => FoundPage | undefined {
  const known = routes.map((route) => ({ route, pattern: patternOf(route.path) }))
  return (method, path) => {
    for (const { route, pattern } of known) {
      const groups = route.method === method ? pattern.exec(path)?.groups : undefined
      const params = groups && decoded(groups)
      if (params) return { route, params }
    }
    return undefined
  }
}

function patternOf(path: string): RegExp {
  const parts = path
    .split(/(\{\w+\})/)
    .map((part) => (/^\{\w+\}$/.test(part) ? `(?<${part.slice(1, -1)}>[^/]+)` : part.replaceAll('.', '\\.')))
  // An empty group, so that a path that names nothing has groups too.
  return new RegExp(`^(?<_>)${parts.join('')}/?$`, 'i')
}

function decoded(groups: Readonly<Record<string, string>>): Record<string, string> | undefined {
  try {
    return Object.fromEntries(
      Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]),
    )
  } catch {
    return undefined
  }
}
