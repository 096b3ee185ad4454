/**
 * The options of a control plane, their defaults and their limits.
 *
 * @module
 */

import { resolve } from 'node:path'
import { TOKEN_EXPIRED_FOR_CLIENTS_SECONDS } from '@landfast/protocol'
import { type Logger, pino } from 'pino'

/** What a control plane can be told. */
export interface ControlPlaneOptions {
  /** Holds everything that is kept; made with mode 0700 if it is missing. */
  stateFolder: string
  /** The address or name to listen on, which the control plane also calls itself. Default "127.0.0.1". */
  host?: string
  /** 0 (the default) takes a free port. */
  port?: number
  /** `iss` of the tokens. Default `https://HOST:PORT/{tenant}/`. */
  issuerV1?: (tenantId: string) => string
  /** 600 to 86,400; default 3,600. */
  tokenLifetimeSeconds?: number
  /** Default: silent. */
  log?: Logger
  now?: () => Date
}

/** The options with every default filled in; without an issuer the control plane's own name is used. */
export type CheckedOptions = Required<Omit<ControlPlaneOptions, 'issuerV1'>> &
  Pick<ControlPlaneOptions, 'issuerV1'>

/** Clients call the last part of every life expired, so the shortest one still leaves them as long again to use. */
const TOKEN_LIFETIME_SECONDS = {
  default: 3_600,
  min: 2 * TOKEN_EXPIRED_FOR_CLIENTS_SECONDS,
  max: 86_400,
}
const PORT_MAX = 65_535

/**
 * Checks `options`.
 *
 * @throws {RangeError} if a number is outside its limits or a text is empty.
 */
export function checkOptions(options: ControlPlaneOptions): CheckedOptions {
  const {
    stateFolder,
    host = '127.0.0.1',
    port = 0,
    tokenLifetimeSeconds = TOKEN_LIFETIME_SECONDS.default,
    log = pino({ enabled: false }),
    now = () => new Date(),
  } = options
  if (stateFolder === '') throw new RangeError('the option "stateFolder" must name a folder')
  if (host === '') throw new RangeError('the option "host" must name an address or a host')
  if (!isWithin(port, 0, PORT_MAX)) throw new RangeError(`the option "port" must be 0 to ${PORT_MAX}`)
  const { min, max } = TOKEN_LIFETIME_SECONDS
  if (!isWithin(tokenLifetimeSeconds, min, max)) {
    throw new RangeError(`the option "tokenLifetimeSeconds" must be a whole number from ${min} to ${max}`)
  }
  const checked = { stateFolder: resolve(stateFolder), host, port, tokenLifetimeSeconds, log, now }
  return options.issuerV1 ? { ...checked, issuerV1: options.issuerV1 } : checked
}

function isWithin(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max
}
