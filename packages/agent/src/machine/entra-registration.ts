/**
 * What a machine knows of its application in Entra ID: the tenant, the client id, and the key or the user-assigned identity
 * by which it proves itself there.
 *
 * @see docs/entra.md
 * @see docs/security.md#the-state-folder
 * @module
 */

import { join } from 'node:path'
import type { Identity } from '@landfast/protocol'
import { AgentError } from '../errors.ts'
import { ENTRA_CLOUDS, type EntraCloud, isEntraCloud } from './entra-clouds.ts'
import { hasStrings, readStateJson, removeStateJson, type StateJson, writeStateJson } from './state-json.ts'

/** Who made the certificate of a key: this machine itself, or the CA of its control plane. */
export const ENTRA_ISSUERS = ['self-signed', 'control-plane'] as const

/** One of them. */
export type EntraIssuer = (typeof ENTRA_ISSUERS)[number]

/** A key made on this machine, and its certificate (PEM). */
export interface EntraKey {
  privateKey: string
  certificate: string
  /** Missing where it signed itself, as in the file of an older version. */
  issuer?: EntraIssuer
}

/** Proof by a certificate that the application has. */
export interface CertificateProof extends EntraKey {
  kind: 'certificate'
  /** When it was made here, ISO 8601; the application may get it some minutes later. */
  registeredAt: string
  /** The one that is to follow. It is tried first, and takes the place of the other once Entra ID has taken it. */
  next?: EntraKey & { registeredAt: string }
  /** The one before, until `until` (ISO 8601). */
  former?: EntraKey & { until: string }
}

/** Proof by a token of the control plane for a user-assigned identity of this machine. */
export interface FederationProof {
  kind: 'federation'
  /** The ARM id of that identity. */
  identity: string
}

/** An application that this machine is in Entra ID. */
export interface EntraRegistration {
  cloud: EntraCloud
  /** `https://HOST[:PORT]`, if it is not that of the cloud. */
  authorityHost?: string
  /** PEM of CAs by which that host is known beside those of this host. */
  ca?: string
  tenantId: string
  clientId: string
  /** Of its service principal in the tenant; nothing needs it but programs that select by it. */
  objectId?: string
  proof: CertificateProof | FederationProof
  /** The settings of the proxy by which it was connected, as they were given and by their names. */
  proxy?: Readonly<Partial<Record<string, string>>>
}

/** The form of the file; one that an older version would misread has the next number. */
const FORMAT = 1

/** What is in the file. */
interface EntraFile extends EntraRegistration {
  format: number
}

const FILE: StateJson<EntraFile> = { name: 'entra.json', isWhole: isEntraFile, broken: 'entra_broken' }

/** Writes it into `folder`, made 0700. Durable when this returns. */
export function writeEntraRegistration(folder: string, registration: EntraRegistration): Promise<void> {
  return writeStateJson(folder, FILE, { ...registration, format: FORMAT })
}

/**
 * The one in `folder`, if there is one.
 *
 * @throws {AgentError} `registration_forbidden`, `registration_open`, `entra_broken` or `state_newer`.
 */
export async function findEntraRegistration(folder: string): Promise<EntraRegistration | undefined> {
  const content = await readStateJson(folder, FILE)
  if (!content) return undefined
  const { format, ...registration } = content
  if (format <= FORMAT) return registration
  throw new AgentError(
    'state_newer',
    `"${join(folder, FILE.name)}" has the form ${format}, and this version knows ${FORMAT}`,
  )
}

/** Removes it: from then on this machine is no application. */
export function removeEntraRegistration(folder: string): Promise<void> {
  return removeStateJson(folder, FILE)
}

/** The application as an identity of this machine. */
export function entraIdentityOf({ tenantId, clientId, objectId = '' }: EntraRegistration): Identity {
  return { tenantId, clientId, principalId: objectId, resourceId: '', authority: 'entra' }
}

/** `https://HOST[:PORT]/{tenant}`. */
export function entraAuthorityOf({ cloud, authorityHost, tenantId }: EntraRegistration): string {
  return `${authorityHost ?? ENTRA_CLOUDS[cloud].host}/${tenantId}`
}

function isEntraFile(value: unknown): value is EntraFile {
  if (!hasStrings(value, []) || typeof value.format !== 'number') return false
  // What a newer version means by the rest is not ours to judge.
  if (value.format > FORMAT) return true
  return (
    hasStrings(value, ['tenantId', 'clientId']) &&
    isEntraCloud(value.cloud) &&
    [value.authorityHost, value.ca, value.objectId].every(isTextIfAny) &&
    (value.proxy === undefined || hasStrings(value.proxy, Object.keys(Object(value.proxy)))) &&
    (isCertificateProof(value.proof) || isFederationProof(value.proof))
  )
}

function isTextIfAny(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}

function isCertificateProof(proof: unknown): boolean {
  return (
    isKey(proof, 'registeredAt') &&
    proof.kind === 'certificate' &&
    (proof.next === undefined || isKey(proof.next, 'registeredAt')) &&
    (proof.former === undefined || isKey(proof.former, 'until'))
  )
}

/** With the moment that `time` names. */
function isKey(key: unknown, time: string): key is Record<string, unknown> {
  return (
    hasStrings(key, ['privateKey', 'certificate', time]) &&
    (key.issuer === undefined || ENTRA_ISSUERS.some((issuer) => issuer === key.issuer))
  )
}

function isFederationProof(proof: unknown): boolean {
  return hasStrings(proof, ['identity']) && proof.kind === 'federation'
}
