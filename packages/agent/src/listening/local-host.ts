/**
 * Whether a request names this host. A web page that rebinds its own name to 127.0.0.1 sends that name.
 *
 * @see docs/protocol.md#the-gate
 * @module
 */

const LOCAL_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|169\.254\.169\.254)(?::\d{1,5})?$/i

/** Whether a Host header names this host. */
export function isLocalHost(host: string | undefined): boolean {
  return LOCAL_HOST.test(host ?? '')
}
