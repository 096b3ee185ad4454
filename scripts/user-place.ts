/**
 * Where a user of `npm run` is, and which programs that user has: npm and `start.mjs` change both.
 *
 * @module
 */

import { basename, delimiter } from 'node:path'

/** What npm puts into PATH as the last of its folders; what follows was there before. */
const LAST_OF_NPM = 'node-gyp-bin'

/** A folder to work in, and an environment. */
export interface UserPlace {
  cwd: string
  env: NodeJS.ProcessEnv
}

/** The folder in which npm was called, and `env` with the PATH that it was called with. */
export function userPlace(env: NodeJS.ProcessEnv, root: string): UserPlace {
  const folders = (env.PATH ?? '').split(delimiter)
  const last = folders.findIndex((folder) => basename(folder) === LAST_OF_NPM)
  return {
    cwd: env.INIT_CWD ?? root,
    env: { ...env, PATH: folders.slice(last + 1).join(delimiter) },
  }
}
