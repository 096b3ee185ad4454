/**
 * Installs what package-lock.json names: `start.mjs` runs it where that is not there.
 *
 * @module
 */

import { fileURLToPath } from 'node:url'
import { fail, failInstallation } from './foreground.mjs'
import { installLocked } from './locked-packages.ts'
import { explainRefusal } from './refusal.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

try {
  if (!installLocked(ROOT, ROOT, 'install')) failInstallation()
} catch (error) {
  const refusal = explainRefusal(error, {
    root: ROOT,
    need: 'what is installed is not what package-lock.json names',
    command: 'npm run build',
  })
  if (!refusal) throw error
  fail(...refusal)
}
