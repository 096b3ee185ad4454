/**
 * The facts that rules are compared with: the caller, the identity and audience of the token, and the style.
 *
 * @see docs/policy.md#rules
 * @module
 */

import type { Identity, Way } from '@landfast/protocol'
import type { Caller } from '../caller/caller.ts'
import type { Container } from '../caller/control-group.ts'

/** What rules call the machine's own identity. */
export const SYSTEM_IDENTITY = 'system'

/** What rules call the application of this machine in Entra ID. */
export const ENTRA_IDENTITY = 'entra'

const RESERVED: readonly string[] = [SYSTEM_IDENTITY, ENTRA_IDENTITY]

/** What is known of a request. Undefined is unknown, null is none. */
export interface Facts {
  readonly style: Way | undefined
  /** As asked. */
  readonly audience: string
  /** Every name of the identity, in lower case. */
  readonly identityNames: readonly string[]
  readonly userId: number | undefined
  readonly user: string | undefined
  /** Names and ids of the user's groups. */
  readonly groups: readonly string[] | undefined
  /** Path of the program, if the file there is the one that runs. */
  readonly program: string | undefined
  readonly unit: string | null | undefined
  readonly container: Container | null | undefined
  /** Never unknown: whoever asks is a workload or none. */
  readonly workload: string | null
}

/** A request for a token. */
export interface Asked {
  style: Way
  audience: string
  identity: Identity
  /** Whether it is the machine's own identity. */
  isSystem: boolean
  caller: Caller
}

/** The facts of a request, and the groups of its caller. */
export function factsOf(asked: Asked, groups: readonly string[] | undefined): Facts {
  return new RequestFacts(asked, groups)
}

/** A class, because an object literal with getters takes longer to make than all rules to compare. */
class RequestFacts implements Facts {
  readonly style: Way
  readonly audience: string
  readonly userId: number | undefined
  readonly groups: readonly string[] | undefined
  readonly workload: string | null
  readonly #asked: Asked
  #identityNames: readonly string[] | undefined

  constructor(asked: Asked, groups: readonly string[] | undefined) {
    this.style = asked.style
    this.audience = asked.audience
    this.userId = asked.caller.userId
    this.workload = asked.caller.workload ?? null
    this.#asked = asked
    this.groups = groups
  }

  get identityNames(): readonly string[] {
    this.#identityNames ??= namesOf(this.#asked)
    return this.#identityNames
  }

  get user(): string | undefined {
    return this.#asked.caller.user
  }

  get program(): string | undefined {
    const { program } = this.#asked.caller
    return program?.isOurs ? program.path : undefined
  }

  get unit(): string | null | undefined {
    const placement = this.#asked.caller.program?.placement
    return placement && (placement.unit ?? null)
  }

  get container(): Container | null | undefined {
    const placement = this.#asked.caller.program?.placement
    return placement && (placement.container ?? null)
  }
}

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * The names of an identity, in small letters. The machine's own has none but "system", and its application in Entra ID none but
 * "entra".
 */
export function namesOf({ identity, isSystem }: Pick<Asked, 'identity' | 'isSystem'>): string[] {
  if (identity.authority) return [ENTRA_IDENTITY, ...idsOf(identity)]
  return isSystem ? [SYSTEM_IDENTITY, ...idsOf(identity)] : identityNames(identity)
}

/** By what an identity is known everywhere. */
type Ids = Pick<Identity, 'clientId' | 'principalId' | 'resourceId'>

/** An identity as a refused caller reads of it. */
export function nameOfIdentity({ identity, isSystem }: Pick<Asked, 'identity' | 'isSystem'>): string {
  if (isSystem) return 'the machine\u2019s own'
  return identity.authority ? `application "${identity.clientId}" of Entra ID` : `"${identity.resourceId}"`
}

/**
 * The names of a user-assigned identity, in small letters. One that was named like the machine's own, which has no name but
 * "system", like its application in Entra ID, which has none but "entra", or like the id of another, is known by its ids alone.
 */
export function identityNames(identity: Ids): string[] {
  const { resourceId } = identity
  const name = resourceId.slice(resourceId.lastIndexOf('/') + 1).toLowerCase()
  return RESERVED.includes(name) || GUID.test(name) ? idsOf(identity) : [name, ...idsOf(identity)]
}

/** An id that is not known is none. */
function idsOf({ clientId, principalId, resourceId }: Ids): string[] {
  return [clientId, principalId, resourceId].map((id) => id.toLowerCase()).filter((id) => id !== '')
}
