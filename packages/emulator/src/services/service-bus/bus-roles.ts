/**
 * The roles of a Service Bus, and what each allows with messages. They come as app roles in tokens for Service Bus.
 *
 * @see https://learn.microsoft.com/azure/service-bus-messaging/service-bus-managed-service-identity
 * @module
 */

import { type DataRoles, isAllowed, rolesWith } from '../data-roles.ts'
import { BusError } from './bus-error.ts'

/** What can be done, as the last part but one of `Microsoft.ServiceBus/namespaces/messages/…/action`. */
export type BusAction = 'send' | 'receive'

const ROLES: DataRoles<BusAction> = {
  'Azure Service Bus Data Owner': ['send', 'receive'],
  'Azure Service Bus Data Sender': ['send'],
  'Azure Service Bus Data Receiver': ['receive'],
}

/** @throws {BusError} `role_missing`, if `roles`, a claim that may be anything, do not allow `action` on `entity`. */
export function checkRoles(roles: unknown, action: BusAction, entity: string): void {
  if (isAllowed(ROLES, action, roles)) return
  const claim = action === 'send' ? 'Send' : 'Listen'
  throw new BusError(
    'role_missing',
    `'${claim}' claim(s) are required to perform this operation on '${entity}'; the roles with it: ${rolesWith(ROLES, action).join(', ')}`,
  )
}
