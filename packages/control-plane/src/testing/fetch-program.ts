/**
 * Fetches a document from a server on the loopback address, with its CA and without, in a process that may have
 * other variables. Not published.
 *
 * @module
 */

import ipaddr from 'ipaddr.js'
import { fetchDocument } from '../federation/issuer-request.ts'

const [url = '', ca = ''] = process.argv.slice(2)
const networks = [ipaddr.parseCIDR('127.0.0.0/8')]

function ask(access: { ca?: string }): Promise<unknown> {
  return fetchDocument(new URL(url), {
    access: { networks, ...access },
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    signal: AbortSignal.timeout(60_000),
  }).catch((error) => error.code)
}

process.stdout.write(JSON.stringify({ trusted: await ask({ ca }), untrusted: await ask({}) }))
