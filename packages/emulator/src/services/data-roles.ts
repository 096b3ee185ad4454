/**
 * The roles of a service, by which a token allows what is done with its data. They come as app roles in the token.
 *
 * @module
 */

/** What each role allows, by its name. */
export type DataRoles<Action extends string> = Readonly<Record<string, readonly Action[]>>

/** Whether `given`, a claim that may be anything, allows `action`. */
export function isAllowed<Action extends string>(
  roles: DataRoles<Action>,
  action: Action,
  given: unknown,
): boolean {
  const allowing: readonly unknown[] = rolesWith(roles, action)
  return Array.isArray(given) && given.some((role) => allowing.includes(role))
}

/** The roles by which `action` is allowed. */
export function rolesWith<Action extends string>(roles: DataRoles<Action>, action: Action): string[] {
  return Object.keys(roles).filter((role) => roles[role]?.includes(action))
}
