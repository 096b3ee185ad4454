/**
 * The URL of a proxy, as a setting or a variable gives it. A user and a password in it are taken out, so that what is shown
 * of a proxy never has them.
 *
 * @module
 */

/** Where a proxy is. */
export interface ProxyAddress {
  /** Its URL without user and password: `http://HOST:PORT`. */
  readonly url: string
  /** Whether the proxy itself takes TLS. */
  readonly isTls: boolean
  /** An IPv6 address without brackets. */
  readonly host: string
  readonly port: number
  /** `USER:PASSWORD`, if the URL had them. */
  readonly credentials: string | undefined
}

const DEFAULT_PORT: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

/** As curl, Go and Python have it: a proxy without a scheme is one of HTTP. */
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i

/**
 * Reads the URL of a proxy.
 *
 * @throws {TypeError} whose message completes "NAME …" and repeats nothing of `text`, which may hold a password.
 */
export function parseProxyUrl(text: string): ProxyAddress {
  const url = parse(SCHEME.test(text) ? text : `http://${text}`)
  const defaultPort = url && DEFAULT_PORT[url.protocol]
  if (!url || url.hostname === '' || /\p{Cc}/u.test(text)) {
    throw new TypeError('must be the URL of a proxy, such as "http://proxy.example.com:3128"')
  }
  if (defaultPort === undefined) {
    throw new TypeError(
      `must be the URL of an HTTP proxy, which begins with "http://" or "https://", not with "${url.protocol}//"`,
    )
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new TypeError('must be the URL of a proxy without a path, such as "http://proxy.example.com:3128"')
  }
  const port = url.port === '' ? defaultPort : Number(url.port)
  return {
    url: `${url.protocol}//${url.hostname}:${port}`,
    isTls: url.protocol === 'https:',
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    credentials: credentialsOf(url),
  }
}

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

function credentialsOf({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  } catch {
    throw new TypeError('holds a user or password with a "%" that is not followed by two hexadecimal digits')
  }
}
