/**
 * The errors of a way through a proxy: one table of codes and sentences. Each names the proxy, without user and password,
 * and tells a refusal of the proxy from a target that the proxy cannot reach.
 *
 * @see docs/proxy.md
 * @module
 */

import { codedError } from '@landfast/protocol'

const ERRORS = {
  proxy_unusable: 'the proxy of {source} cannot be used: it {detail}',
  proxy_credentials_unreadable: 'the user and password for the proxy {proxy} cannot be read: {detail}',
  proxy_unresolved:
    'the name of the proxy {proxy} cannot be resolved; correct it, or look it up on this host',
  proxy_unreachable:
    'the proxy {proxy} takes no connection ({detail}); see whether it runs and this host may reach it',
  proxy_untrusted:
    'the certificate of the proxy {proxy} is not trusted ({detail}); name its CA with "proxy-ca-file"',
  proxy_malformed:
    'what answers at the proxy {proxy} is no such proxy ({detail}); its URL begins with "https://" only where the proxy itself takes TLS',
  proxy_silent:
    'the proxy {proxy} took the connection, and opened no way to {target} in {detail}; see its log',
  proxy_closed:
    'the proxy {proxy} closed the connection before there was a way to {target} ({detail}); see its log',
  proxy_credentials_missing:
    'the proxy {proxy} asks for a user and a password; write "USER:PASSWORD" into a file and name it with "proxy-credentials-file"',
  proxy_credentials_refused:
    'the proxy {proxy} refuses the user and password that it was given; correct them where they stand',
  proxy_scheme_unsupported:
    'the proxy {proxy} asks for a proof other than Basic, the only one that is sent; have it take Basic, or this host without a proof',
  proxy_refused:
    'the proxy {proxy} does not let this host through to {target} (it answered {detail}); have that allowed there, or go past it with "proxy-bypass"',
  proxy_target_unreachable:
    'the proxy {proxy} cannot reach {target} (it answered {detail}); see whether that runs, or go past the proxy with "proxy-bypass"',
} as const

/** What is known beside the code. */
export interface ProxyCircumstances {
  /** Its URL without user and password. */
  proxy?: string
  /** The setting or variable that names it. */
  source?: string
  /** `HOST:PORT`. */
  target?: string
  detail?: string
  cause?: unknown
}

/** A stable code of why there is no way through a proxy. */
export type ProxyErrorCode = keyof typeof ERRORS

/** There is no way through the proxy. */
export class ProxyError extends codedError(
  'ProxyError',
  ERRORS,
  (sentence: string, { proxy = '', source, target = '', detail = '' }: ProxyCircumstances) => {
    const values: Readonly<Record<string, string>> = {
      proxy: source === undefined || proxy === '' ? `"${proxy}"` : `"${proxy}" of ${source}`,
      source: source ?? '',
      target: `"${target}"`,
      detail,
    }
    return sentence.replaceAll(/\{(\w+)\}/g, (_match, name: string) => values[name] ?? '')
  },
) {}
