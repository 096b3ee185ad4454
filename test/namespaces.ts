/**
 * How a program is given a part of the system to itself.
 *
 * @module
 */

const OWN_USERS = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']

/** How a command is given a mount namespace of its own, in which it may do as it likes. */
export const UNSHARE_MOUNTS = ['unshare', ...OWN_USERS, '--mount'] as const

/** How it is given a network namespace as well. */
export const UNSHARE = [...UNSHARE_MOUNTS, '--net'] as const
