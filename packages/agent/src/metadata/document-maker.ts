/**
 * Makes a document for each request: in its version, in part or whole, and in its format.
 *
 * @see docs/metadata.md
 * @module
 */

import {
  type Identity,
  PARAMETER,
  PARAMETER_MAX_CHARACTERS,
  parseQuery,
  type Query,
  single,
  WireError,
} from '@landfast/protocol'
import type { Logger } from '@landfast/server'
import type { Clock } from '../clock.ts'
import { agentStatus, type Standing } from './agent-status.ts'
import { AttestationKeys, type CertifyAttestation } from './attestation-key.ts'
import { attestedPayload, readNonce } from './attested-payload.ts'
import type { DocumentKind, DocumentPath } from './document-paths.ts'
import { checkArcVersion, readVmVersion, VM_VERSIONS } from './document-version.ts'
import { arcInstance, vmInstance } from './instance-document.ts'
import type { InstanceFacts, Interfaces, MachineFacts } from './machine-facts.ts'
import { formatJson, formatText, type Node, walk } from './node.ts'

/** What the documents of an endpoint are made with. */
export interface DocumentsOptions {
  kind: DocumentKind
  /** Of the style's token endpoint, newest first. */
  apiVersions: readonly string[]
  identity: Identity
  facts: () => MachineFacts
  /** Undefined for a machine without heartbeats. */
  standing: () => Standing | undefined
  certifyAttestation: CertifyAttestation | undefined
  clock: Clock
  log: Logger
  interfaces?: () => Interfaces
}

/** A document as it is sent. */
export interface DocumentAnswer {
  isText: boolean
  body: string
}

/** Azure plans no maintenance for a machine that is not in Azure. */
const NO_EVENTS: Node = { DocumentIncarnation: '1', Events: [] }

const NO_LOAD_BALANCER: Node = {
  loadbalancer: { publicIpAddresses: [], inboundRules: [], outboundRules: [] },
}

/** Makes the documents of one endpoint. */
export class DocumentMaker {
  readonly #options: Required<DocumentsOptions>
  readonly #keys: AttestationKeys

  constructor(options: Required<DocumentsOptions>) {
    this.#options = options
    const { certifyAttestation: certify, clock, log } = options
    this.#keys = new AttestationKeys({ certify, clock, log })
  }

  /** @throws {WireError} with the code of the first thing that is wrong. */
  async answer({ name, parts }: DocumentPath, queryText: string): Promise<DocumentAnswer> {
    if (name === 'agent-status') return json(agentStatus(this.#facts(), this.#options.standing()))
    if (name === 'versions') return json({ apiVersions: VM_VERSIONS })
    const query = parseQuery(queryText)
    const whole = await this.#whole(name, query)
    return formatted(whole, { parts, isText: readFormat(query) === 'text' })
  }

  async #whole(name: DocumentPath['name'], query: Query): Promise<Node> {
    const { kind, apiVersions, identity } = this.#options
    if (kind === 'arc') {
      checkArcVersion(apiVersions, query)
      return arcInstance(this.#facts())
    }
    const version = readVmVersion(name, query)
    switch (name) {
      case 'instance':
        return vmInstance(this.#facts(), version)
      case 'identity-info':
        return { tenantId: identity.tenantId }
      case 'attested':
        return await this.#attested(query)
      case 'scheduled-events':
        return NO_EVENTS
      default:
        return NO_LOAD_BALANCER
    }
  }

  async #attested(query: Query): Promise<Node> {
    const nonce = readNonce(query)
    const signer = await this.#keys.get()
    const { signedData } = await import('./signed-data.ts')
    const payload = attestedPayload(this.#facts(), { nonce, now: this.#options.clock.now() })
    return { encoding: 'pkcs7', signature: signedData(Buffer.from(payload), signer).toString('base64') }
  }

  #facts(): InstanceFacts {
    const { facts, identity, interfaces } = this.#options
    return { ...facts(), identity, interfaces: interfaces() }
  }
}

function formatted(
  whole: Node,
  { parts, isText }: { parts: readonly string[]; isText: boolean },
): DocumentAnswer {
  const node = walk(whole, parts)
  if (node === undefined) throw new WireError('path_unknown')
  return isText ? { isText, body: formatText(node) } : json(node)
}

function json(node: Node): DocumentAnswer {
  const body = formatJson(node)
  if (body === undefined) throw new WireError('format_text_required')
  return { isText: false, body }
}

/** JSON unless something else is asked for. */
function readFormat(query: Query): 'json' | 'text' {
  const format = single(query, PARAMETER.format, PARAMETER_MAX_CHARACTERS)?.toLowerCase() ?? 'json'
  if (format !== 'json' && format !== 'text') throw new WireError('format_malformed')
  return format
}
