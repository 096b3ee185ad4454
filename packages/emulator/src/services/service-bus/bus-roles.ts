/**
 * The roles of a Service Bus, and what each allows with messages. They come as app roles in tokens for Service Bus.
 *
 * @see https://learn.microsoft.com/azure/service-bus-messaging/service-bus-managed-service-identity
 * @module
 */

import { BusError } from './bus-error.ts'

/** What can be done, as the last part but one of `Microsoft.ServiceBus/namespaces/messages/…/action`. */
export type BusAction = 'send' | 'receive'

const ROLES: Readonly<Record<string, readonly BusAction[]>> = {
  'Azure Service Bus Data Owner': ['send', 'receive'],
  'Azure Service Bus Data Sender': ['send'],
  'Azure Service Bus Data Receiver': ['receive'],
}

/** @throws {BusError} `role_missing`, if `roles`, a claim that may be anything, do not allow `action` on `entity`. */
export function checkRoles(roles: unknown, action: BusAction, entity: string): void {
  const given: unknown[] = Array.isArray(roles) ? roles : []
  const allowing = Object.keys(ROLES).filter((role) => ROLES[role]?.includes(action))
  if (given.some((role) => allowing.some((name) => name === role))) return
  const claim = action === 'send' ? 'Send' : 'Listen'
  throw new BusError(
    'role_missing',
    `'${claim}' claim(s) are required to perform this operation on '${entity}'; the roles with it: ${allowing.join(', ')}`,
  )
}
