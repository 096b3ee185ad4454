/**
 * Puts the portal below `/portal`. Nothing of it is loaded before somebody comes, so a control plane without a visitor is as
 * small and starts as fast as one without a portal.
 *
 * @see docs/portal.md
 * @module
 */

import type { FastifyInstance } from 'fastify'
import { type ArmServerParts, addArmRoutes } from '../admission/arm-server.ts'
import type { CheckedOptions } from '../options.ts'
import { certificatesRoute, type PresentCertificates } from './certificates-route.ts'
import { codeRoute } from './code-route.ts'
import { LIVE_PATH } from './live/live-path.ts'
import type { PortalParts } from './portal-parts.ts'
import type { PortalSite } from './portal-site.ts'
import { settingsRoute } from './settings-route.ts'

/** Fifty tags of Azure's full size, most of them written as three characters for one; a form says the same as a JSON body of half of it. */
const FORM_MAX_BYTES = 131_072

/** A stream has a route of its own, so that it is not counted among pages; there is no look at its head alone. */
const ROUTES = [
  { url: '/portal', method: ['GET', 'HEAD', 'POST'] },
  { url: LIVE_PATH, method: ['GET'] },
  { url: '/portal/*', method: ['GET', 'HEAD', 'POST'] },
] as const

/** Adds the portal to `server`, with the routes that are there for it. */
export function addPortal(
  server: FastifyInstance,
  parts: PortalParts,
  {
    arm,
    options,
    certificates,
  }: { arm: ArmServerParts; options: CheckedOptions; certificates: PresentCertificates },
): void {
  const shown = [settingsRoute(options, parts.names), certificatesRoute(certificates)]
  addArmRoutes(server, arm, [codeRoute(parts), ...shown])
  const open = siteOpener({ ...parts, inject: (wish) => server.inject(wish) })
  for (const { url, method } of ROUTES) {
    server.route({
      method: [...method],
      url,
      exposeHeadRoute: false,
      bodyLimit: FORM_MAX_BYTES,
      // People read it, programs use the routes behind it.
      schema: { hide: true },
      errorHandler: async (error, request, reply) => (await open()).fail(error, request, reply),
      handler: async (request, reply) => (await open()).answer(request, reply),
    })
  }
}

/** One site, made when it is first asked for; what failed is tried again. */
function siteOpener(parts: Parameters<typeof import('./portal-site.ts').createPortalSite>[0]) {
  let opening: Promise<PortalSite> | undefined
  return async (): Promise<PortalSite> => {
    opening ??= import('./portal-site.ts').then(({ createPortalSite }) => createPortalSite(parts))
    try {
      return await opening
    } catch (error) {
      opening = undefined
      throw error
    }
  }
}
