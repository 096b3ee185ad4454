/**
 * The default name of a machine at its control plane: the host's name, as far as Azure permits it.
 *
 * @module
 */

/** A machine's name has no more characters at Azure. */
export const NAME_MAX_CHARACTERS = 54

/** `host` as a name that a machine may have. */
export function machineName(host: string): string {
  const name = host.replaceAll(/[^A-Za-z0-9_.-]+/g, '-').slice(0, NAME_MAX_CHARACTERS)
  return name || 'machine'
}
