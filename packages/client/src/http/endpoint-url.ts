/**
 * The URL of an endpoint in a variable.
 *
 * @module
 */

import { ClientError } from '../errors.ts'

/**
 * Reads the URL in the variable `name`. Without TLS `localhost` becomes 127.0.0.1: the agent has both addresses, and
 * no resolver has to be asked for the name. With TLS the name stays, since the certificate is for it.
 *
 * @throws {ClientError} `variable_invalid` if it is no URL of `schemes`, or has a user, a password or a fragment.
 */
export function readEndpointUrl(
  name: string,
  value: string,
  schemes: readonly ('http' | 'https')[] = ['http', 'https'],
): URL {
  const url = parse(value)
  if (!url || !schemes.some((scheme) => url.protocol === `${scheme}:`)) {
    throw new ClientError(
      'variable_invalid',
      `${name} is no URL that begins with ${schemes.join(':// or ')}://`,
    )
  }
  if (url.username || url.password || url.hash) {
    throw new ClientError('variable_invalid', `${name} holds a user, a password or a fragment`)
  }
  if (url.hostname === 'localhost' && url.protocol === 'http:') url.hostname = '127.0.0.1'
  return url
}

/** Whether `url` leads to this machine, by its address alone. */
export function isLoopback({ hostname }: URL): boolean {
  return hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}

function parse(value: string): URL | undefined {
  try {
    return new URL(value)
  } catch {
    return undefined
  }
}
