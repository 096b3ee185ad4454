/**
 * Describes the owner of a file and the user of this process, so that a message tells a person what to change.
 *
 * @module
 */

import { builtin } from '../builtin.ts'

/** Mode, owner and group of the file, or of the folder above it if that is all that may be seen. */
export function describeFile(path: string): string {
  const seen = describe(path)
  if (seen !== undefined) return seen
  const folder = path.slice(0, Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')))
  const above = describe(folder)
  return above === undefined ? `"${folder}" cannot be seen` : `its folder has ${above}`
}

/** The user of this process and its groups. */
export function describeProcess(): string {
  if (!process.geteuid || !process.getgroups) return 'this process is another user'
  const groups = process.getgroups().map((id) => nameGroup(id))
  return `this process is user id ${process.geteuid()} in the groups ${groups.join(', ') || 'none'}`
}

function describe(path: string): string | undefined {
  try {
    const { mode, uid, gid } = builtin('node:fs').lstatSync(path)
    return `mode ${(mode & 0o7777).toString(8).padStart(4, '0')}, owner ${uid}, group ${nameGroup(gid)}`
  } catch {
    return undefined
  }
}

/** The group's name where the file of groups has it, and its number. */
function nameGroup(id: number): string {
  try {
    const lines = builtin('node:fs').readFileSync('/etc/group', 'utf8').split('\n')
    const name = lines.map((line) => line.split(':')).find((fields) => fields[2] === String(id))?.[0]
    return name === undefined ? String(id) : `"${name}" (${id})`
  } catch {
    return String(id)
  }
}
