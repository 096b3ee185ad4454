/**
 * Node's own modules, each loaded when it is first used. Imports take most of the time in which a small program
 * starts, and an `import` loads all of a module, used or not.
 *
 * @module
 */

interface Builtins {
  'node:child_process': typeof import('node:child_process')
  'node:crypto': typeof import('node:crypto')
  'node:fs': typeof import('node:fs')
  'node:http': typeof import('node:http')
  'node:https': typeof import('node:https')
  'node:tls': typeof import('node:tls')
}

/** The module of that name. */
export function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] {
  return process.getBuiltinModule(name)
}
