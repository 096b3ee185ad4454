/**
 * The settings of a proxy, which both services have and the commands that call a control plane.
 *
 * @see docs/proxy.md
 * @module
 */

import { type ProxyAddress, parseBypassList, parseProxyUrl } from '@landfast/server/proxy'
import { parseOptionalPath } from './setting-values.ts'
import type { SettingRows, SettingValues } from './settings-table.ts'

/** Every setting by the name it has in the YAML file. */
export const PROXY_SETTINGS = {
  'proxy-url': {
    value: 'url',
    default: '',
    meaning:
      'the HTTP proxy for every request to another host: http://HOST:PORT, or https://HOST:PORT if it takes TLS itself; without it, that of HTTPS_PROXY',
    parse: parseProxy,
  },
  'proxy-bypass': {
    value: 'list',
    default: '',
    meaning:
      'hosts, domains and networks that are reached past the proxy, separated by commas; without it, those of NO_PROXY',
    parse: parseBypass,
  },
  'proxy-credentials-file': {
    value: 'file',
    default: '',
    meaning: 'the file that holds USER:PASSWORD for the proxy; a change counts at once',
    parse: parseOptionalPath,
  },
  'proxy-ca-file': {
    value: 'file',
    default: '',
    meaning:
      'certificates (PEM) of CAs that are trusted on the way through the proxy as well: of a proxy that opens TLS, or takes it itself',
    parse: parseOptionalPath,
  },
} as const satisfies SettingRows

/** Every setting's value. */
export type ProxyValues = SettingValues<typeof PROXY_SETTINGS>

function parseProxy(text: string): ProxyAddress | undefined {
  if (text === '') return undefined
  const address = parseProxyUrl(text)
  if (address.credentials === undefined) return address
  throw new TypeError(
    'must not hold a user and a password, which others could see; put them into a file and name it with "proxy-credentials-file"',
  )
}

function parseBypass(text: string): string | undefined {
  const [unusable] = parseBypassList(text).unusable
  if (unusable === undefined) return text === '' ? undefined : text
  throw new TypeError(
    `must hold hosts, domains such as .example.com, addresses and networks such as 10.0.0.0/8, not "${unusable}"`,
  )
}
