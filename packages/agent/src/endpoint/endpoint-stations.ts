/**
 * The stations that the requests of one endpoint meet, chosen by its style and its options.
 *
 * @module
 */

import { type Style, styleOf } from '@landfast/protocol'
import type { Logger, RefusalLimit } from '@landfast/server'
import type { FindCaller } from '../caller/caller.ts'
import { distantCaller } from '../caller/distant-caller.ts'
import type { Keys } from '../challenge/key-ring.ts'
import type { Clock } from '../clock.ts'
import type { DocumentsOptions } from '../metadata/document-maker.ts'
import { Documents } from '../metadata/documents.ts'
import type { AuditLog } from '../operation/audit.ts'
import { type Admission, createAdmission, defaultRule } from '../policy/default-rule.ts'
import { DecisionLog } from './decision-log.ts'
import type { EndpointOptions } from './endpoint-options.ts'
import { createRateGate, type RateGate } from './endpoint-rate.ts'
import { createGate } from './gate.ts'
import { isOpenToOthers } from './places.ts'
import { createReadRequest } from './read-requests.ts'
import { noteRefusals, RefusalLog } from './refusal-log.ts'
import type { Stations } from './request.ts'
import type { RoleStation } from './role-station.ts'
import type { TokenStations } from './token-request.ts'

/** What the endpoints of an agent share. */
export interface SharedParts
  extends Pick<TokenStations, 'identities' | 'missing' | 'policy' | 'guard' | 'tokens' | 'metrics'> {
  readonly log: Logger
  readonly findCaller: FindCaller
  readonly audit: AuditLog | undefined
  /** Count the refusals of all endpoints: what is not audited leaves no decision out. */
  readonly limits: { readonly audit: RefusalLimit; readonly log: RefusalLimit }
  readonly clock: Clock
  /** What documents about the machine are made with. */
  readonly documents: Pick<DocumentsOptions, 'facts' | 'standing' | 'certifyAttestation'>
}

/** The stations of the endpoint that `options` ask for. */
export function stationsOf(
  options: EndpointOptions,
  { keys, role }: { keys: Keys | undefined; role: RoleStation | undefined },
  shared: SharedParts,
): Stations {
  const { identities, missing, policy, guard, tokens, metrics, log } = shared
  const { style: styleName } = options
  const style = styleOf(styleName)
  const isOpen = isOpenToOthers(options)
  // A web page that rebinds a name to this host knows no secret.
  const namesHost = isOpen ? () => true : undefined
  const gate = createGate({ style, namesHost, ...('secret' in options && { secret: options.secret }) })
  const findCaller: FindCaller = isOpen
    ? async ({ remoteAddress = '' }) => distantCaller(remoteAddress)
    : shared.findCaller
  const refusals = new RefusalLog({ styleName, log, limit: shared.limits.log })
  const common = { styleName, gate, findCaller, metrics, refusals }
  const documents = documentsOf(style, shared)
  const byRule = ruleOf(options, style)
  return {
    onRefused: noteRefusals(refusals, findCaller),
    tokens: {
      ...{ ...common, read: createReadRequest(), style, keys, role },
      ...{ identities, missing, policy, guard, tokens },
      // A policy says who may have tokens, and nothing of documents.
      admit: policy ? undefined : byRule,
      rate: rateOf(options, shared.clock),
      decisions: decisionsOf(options, shared),
    },
    documents: documents && { ...common, attest: byRule, documents },
  }
}

function documentsOf({ documents: kind, apiVersions }: Style, shared: SharedParts): Documents | undefined {
  if (!kind) return undefined
  const { identities, documents, clock, log } = shared
  return new Documents({ ...documents, kind, apiVersions, identity: identities.own, clock, log })
}

function ruleOf(options: EndpointOptions, { proof }: Style): Admission | undefined {
  if (proof !== 'caller') return undefined
  return createAdmission(defaultRule('group' in options ? options.group : undefined))
}

function rateOf(options: EndpointOptions, clock: Clock): RateGate | undefined {
  if (!('rate' in options) || !options.rate) return undefined
  return createRateGate(options.rate, () => clock.monotonic())
}

function decisionsOf({ style: styleName }: EndpointOptions, shared: SharedParts): DecisionLog | undefined {
  const { audit, identities, limits } = shared
  return audit && new DecisionLog({ styleName, own: identities.own, audit, refusals: limits.audit })
}
