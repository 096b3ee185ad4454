/**
 * The Resource Manager's refusals, in Azure's words: one table gives each of ARM's codes its status and its wording.
 * Landfast's routes below `/landfast/v1` answer in the same form.
 *
 * @see https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
 * @module
 */

import { type CodedErrorClass, codedError } from '@landfast/protocol'

const ERRORS = {
  AuthenticationFailed: [401, "Authentication failed. The 'Authorization' header is missing."],
  InvalidAuthenticationToken: [401, 'The access token is invalid.'],
  ExpiredAuthenticationToken: [
    401,
    "The access token expiry UTC time '{expiry}' is earlier than current UTC time '{now}'.",
  ],
  InvalidAuthenticationTokenAudience: [
    401,
    "The access token has been obtained for wrong audience or resource. It should exactly match with one of the allowed audiences '{audiences}'.",
  ],
  AuthorizationFailed: [
    403,
    "The client '{clientId}' with object id '{objectId}' does not have authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
  ],
  MissingApiVersionParameter: [
    400,
    'The api-version query parameter (?api-version=) is required for all requests.',
  ],
  InvalidApiVersionParameter: [
    400,
    "The api-version '{version}' is invalid. The supported versions are '{supported}'.",
  ],
  NoRegisteredProviderFound: [
    400,
    "No registered resource provider found for API version '{version}' for type '{type}'. The supported api-versions are '{supported}'.",
  ],
  InvalidRequestContent: [400, "The request content was invalid and could not be deserialized: '{detail}'."],
  RequestTooLarge: [413, 'The request content is larger than this path takes.'],
  UnsupportedMediaType: [
    415,
    "The content media type is not supported. Only 'application/json' is supported.",
  ],
  InvalidSubscriptionId: [
    400,
    "The provided subscription identifier '{subscriptionId}' is malformed or invalid.",
  ],
  SubscriptionNotFound: [404, "The subscription '{subscriptionId}' could not be found."],
  ResourceGroupNotFound: [404, "Resource group '{name}' could not be found."],
  ResourceNotFound: [
    404,
    "The Resource '{type}/{name}' under resource group '{group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
  ],
  InvalidResourceNamespace: [404, "The resource namespace '{namespace}' is invalid."],
  HttpResourceNotFound: [404, "The request url '{url}' is not found."],
  InvalidResourceGroupName: [400, "The provided resource group name '{name}' is invalid. It has {rule}."],
  InvalidResourceName: [400, "The provided resource name '{name}' is invalid. It has {rule}."],
  InvalidResourceId: [
    400,
    "'{id}' is no id of a subscription, a resource group or a resource. A name in an id has letters, digits, '-', '_', '.' and parentheses alone.",
  ],
  PrincipalUnknown: [
    400,
    "No principal has, or had, the name '{value}', which the query parameter '{name}' asks for. Give a name as it is listed, a client id, an object id, or the resource id of a machine.",
  ],
  InvalidQueryParameter: [400, "The value '{value}' of the query parameter '{name}' is invalid."],
  InvalidFilterInQueryString: [400, "Invalid $filter '{filter}' specified in the query string."],
  InvalidKey: [400, "The public key in '{property}' is invalid: {detail}."],
  LocationRequired: [400, 'The location property is required for this definition.'],
  InvalidResourceLocation: [
    409,
    "The resource '{name}' already exists in location '{existing}' in resource group '{group}'. A resource with the same name cannot be created in location '{location}'. Please select a new resource name.",
  ],
  InvalidResourceGroupLocation: [
    409,
    "Invalid resource group location '{location}'. The Resource group already exists in location '{existing}'.",
  ],
  PropertyChangeNotAllowed: [409, "Changing property '{property}' is not allowed."],
  NoKeyToReturnBy: [
    409,
    "The machine '{resourceId}' never had a key by which it could come back. Give it one with a join token that replaces it.",
  ],
  KeyKnown: [409, 'This public key is or was the key of a machine. Make a new key pair.'],
  Conflict: [409, "Another change of '{resource}' is in progress. Try again."],
  PreconditionFailed: [
    412,
    "The condition specified by the ETag is not satisfied. The ETag in condition was '{condition}'; the current ETag is '{current}'.",
  ],
  ServiceUnavailable: [503, 'The service is temporarily unavailable. Please try again later.'],
  TooManyRequests: [
    429,
    "There are too many requests of this caller, or too many wrong credentials from its address. Wait as long as 'Retry-After' says.",
  ],
  InternalServerError: [500, 'Encountered internal server error. Its log says why under the correlation id.'],
} as const satisfies Record<string, readonly [status: number, wording: string]>

/** What the Resource Manager refuses a request for. */
export type ArmErrorCode = keyof typeof ERRORS

/** The names in braces of a wording. */
type Blanks<Wording extends string> = Wording extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Blanks<Rest>
  : never

/** One of several things that were wrong. */
export interface ArmErrorDetail {
  code: string
  message: string
  target?: string
}

/** What may come with any code. */
export interface Extras {
  /** What was wrong: the name of a parameter. */
  target?: string
  details?: readonly ArmErrorDetail[]
  cause?: unknown
}

/** Each code's status and wording, in which every name in braces is a blank. */
type Wordings = Readonly<Record<string, readonly [status: number, wording: string]>>

/** A code with what fills the blanks of its wording. It goes on the wire, so nothing secret may be in it. */
type RefusalArguments<Table extends Wordings> = {
  [Code in keyof Table & string]: [Blanks<Table[Code][1]>] extends [never]
    ? [code: Code, extras?: Extras]
    : [code: Code, filling: Readonly<Record<Blanks<Table[Code][1]>, string>> & Extras]
}[keyof Table & string]

/** A request that is refused in ARM's form. Parts that have another error table extend it. */
export abstract class ArmRefusal extends Error {
  /** What clients decide by. */
  abstract readonly code: string
  /** HTTP status of the answer. */
  abstract readonly status: number
  target?: string
  details?: readonly ArmErrorDetail[]
}

/** A class of refusals by the rows of a table. */
type WordedRefusalClass<Name extends string, Table extends Wordings> = CodedErrorClass<
  Name,
  keyof Table & string,
  RefusalArguments<Table>,
  ArmRefusal & { readonly status: number }
>

/** The class of the refusals in `table`. */
export function wordedRefusal<const Name extends string, const Table extends Wordings>(
  name: Name,
  table: Table,
): WordedRefusalClass<Name, Table> {
  const rows: Readonly<Record<keyof Table & string, Wordings[string]>> = table
  class WordedRefusal extends codedError(name, rows, wordingOf, ArmRefusal) {
    readonly status = rows[this.code][0]

    constructor(code: keyof Table & string, filling: Filled = {}) {
      super(code, filling)
      if (filling.target !== undefined) this.target = filling.target
      if (filling.details) this.details = filling.details
    }
  }
  return WordedRefusal as unknown as WordedRefusalClass<Name, Table>
}

type Filled = Extras & { readonly [blank: string]: unknown }

function wordingOf([, wording]: Wordings[string], filling: Filled): string {
  return wording.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(filling[name] ?? ''))
}

/** A request that the Resource Manager refuses. */
export class ArmError extends wordedRefusal('ArmError', ERRORS) {}

/** The body of a refusal. */
export interface ArmErrorAnswer {
  error: ArmErrorDetail & { details?: readonly ArmErrorDetail[] }
}

/** The body for `refusal`. */
export function formatArmRefusal({ code, message, target, details }: ArmRefusal): ArmErrorAnswer {
  return { error: { code, message, ...(target !== undefined && { target }), ...(details && { details }) } }
}
