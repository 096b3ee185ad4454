/**
 * Declares a route of the Resource Manager, or one of Landfast's below `/landfast/v1`. The common work of all routes
 * (caller, right to the action, api-version, ids of the request, errors) is done from this declaration alone.
 *
 * @module
 */

import type { IncomingHttpHeaders } from 'node:http'
import type { AuditAction, AuditEntry } from '../audit/audit-entry.ts'
import type { Answers } from '../openapi/arm-bodies.ts'
import type { PrincipalKind } from '../storage/schema.ts'

/** The names in braces of a path. */
type ParamsOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? { [Key in Name]: string } & ParamsOf<Rest>
  : unknown

/** Which principal, resource and audience an entry of the audit trail is about. */
export type AuditSubject = Pick<AuditEntry, 'principalId' | 'resourceId' | 'audience'>

/** A request to a route that takes no bearer token. */
export interface OpenRequest<Params = Record<string, string>> {
  /** As they were sent: ids are compared without regard to case, but shown as they were given. */
  params: Params
  /** The names in lower case. */
  query: Readonly<Record<string, string>>
  /** What the schema of the route let through; undefined if there was none. */
  body: unknown
  headers: IncomingHttpHeaders
  /** The path as it was sent, without the query. */
  path: string
  time: Date
  correlationId: string
  /** Empty for a route that has no versions. */
  apiVersion: string
  /** Of the client; behind a load balancer that is trusted, as that names it. */
  address: string
  /** The entry for what this request has done; it is written within the change itself. */
  audit(action: AuditAction, subject: AuditSubject): AuditEntry
}

/** A principal that was enabled when it called. */
export interface Caller {
  /** Its object id. */
  principalId: string
  clientId: string
  kind: PrincipalKind
  /** When the token ends that it brought; undefined for who is signed in to the portal. */
  tokenEndsAt?: Date | undefined
}

/** A request whose caller may do what its route says. */
export interface ArmRequest<Params = Record<string, string>> extends OpenRequest<Params> {
  caller: Caller
  /** @throws {ArmError} `AuthorizationFailed` unless the caller may do this as well. */
  check(action: ArmAction, scope: string): Promise<void>
  /** Whether the caller may do this as well. */
  allows(action: ArmAction, scope: string): Promise<boolean>
}

/** The answer of a route; without a status it is 200. */
export interface ArmAnswer {
  status?: number
  body?: object
  headers?: Readonly<Record<string, string>>
}

/** An action as Azure names it, such as `Microsoft.HybridCompute/machines/write`; ours are named likewise. */
export type ArmAction = `Microsoft.${string}` | `Landfast.${string}`

/** One route. */
export interface ArmRoute<Path extends string = string> {
  method: 'GET' | 'HEAD' | 'PUT' | 'PATCH' | 'POST' | 'DELETE'
  /** As Azure writes it: `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}`. */
  path: Path
  /** One sentence for the OpenAPI document. */
  summary: string
  /** The `api-version`s it knows, oldest first. Routes of our own have none. */
  versions?: readonly string[]
  /** What the caller must be allowed; without it the route itself decides. */
  action?: ArmAction
  /** Where. Default: the path up to and with its last parameter. */
  scope?: (params: ParamsOf<Path>) => string
  /** JSON schema of the body. */
  body?: object
  /** JSON schemas of every answer that is no refusal, by status, for the OpenAPI document. */
  answers: Answers
  handle(request: ArmRequest<ParamsOf<Path>>): Promise<ArmAnswer>
}

/** A route that takes no bearer token: its caller proves itself in another way. */
export interface OpenRoute
  extends Pick<ArmRoute, 'method' | 'path' | 'summary' | 'versions' | 'body' | 'answers'> {
  open: true
  handle(request: OpenRequest): Promise<ArmAnswer>
}

/** Declares a route, so that the parameters of its path are known by their names. */
export function armRoute<const Path extends string>(route: ArmRoute<Path>): ArmRoute {
  // What is behind a route is handed the parameters that its own path has.
  return route as unknown as ArmRoute
}

/** What `route` is about if it does not say so: for the list of a collection in any place. */
export function scopeOf({ path, scope }: ArmRoute, params: Readonly<Record<string, string>>): string {
  if (scope) return scope(params)
  const end = path.lastIndexOf('}') + 1
  const filled = path.slice(0, end).replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '')
  return filled === '' ? '/' : filled
}

/** `path` as the router writes it. */
export function routerPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1')
}
