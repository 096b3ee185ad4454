/**
 * The pages by which a server tells whether it lives, whether it is ready, and what it has counted.
 *
 * @see docs/metrics.md
 * @module
 */

import { visibleLine } from '@landfast/protocol'

/** A page as it is answered. */
export interface AdminPage {
  status: number
  contentType: string
  body: string
}

/** Each page by its path, made when it is asked for. */
export type AdminPages = Readonly<Record<string, (query: URLSearchParams) => AdminPage | Promise<AdminPage>>>

/** A page for Prometheus. */
export type MetricsPage = Omit<AdminPage, 'status'>

/** What the pages of health and metrics are made of. */
export interface Health {
  /** Undefined when requests can be answered now, otherwise why not. */
  whyNotReady: () => Promise<string | undefined>
  /** What `/readyz?verbose` tells beside that. */
  readinessDetails?: () => object
  metrics: () => Promise<MetricsPage>
}

/** The pages `/livez`, `/readyz` and `/metrics`. */
export function healthPages({ whyNotReady, readinessDetails, metrics }: Health): AdminPages {
  return {
    '/livez': () => jsonPage(200, { status: 'alive' }),
    '/readyz': async (query) => {
      const reason = await whyNotReady()
      return readyPage(reason, query.has('verbose') ? readinessDetails?.() : undefined)
    },
    '/metrics': async () => ({ status: 200, ...(await metrics()) }),
  }
}

/** The page that says `body`. */
export function jsonPage(status: number, body: object): AdminPage {
  return { status, contentType: 'application/json', body: `${visibleLine(JSON.stringify(body))}\n` }
}

function readyPage(reason: string | undefined, details: object = {}): AdminPage {
  if (reason === undefined) return jsonPage(200, { status: 'ready', ...details })
  return jsonPage(503, { status: 'not ready', reason, ...details })
}
