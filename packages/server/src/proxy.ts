/**
 * The ways out through a proxy. A separate entry of the package; what needs TLS loads it only when it is used.
 *
 * @module
 */

export { parseBypassList } from './proxy/bypass-list.ts'
export { createProxiedAgent, type TunnelRequest } from './proxy/proxied-agent.ts'
export {
  type ChosenProxy,
  createProxies,
  describeChoice,
  type Proxies,
  type ProxyChoice,
  type ProxySettings,
  targetOf,
} from './proxy/proxies.ts'
export { ProxyError, type ProxyErrorCode } from './proxy/proxy-error.ts'
export { type ProxyAddress, parseProxyUrl } from './proxy/proxy-url.ts'
