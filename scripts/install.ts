/**
 * Installs what package-lock.json names: `start.mjs` runs it where that is not there.
 *
 * @module
 */

import { fileURLToPath } from 'node:url'
import { fail, failInstallation, runMain } from './foreground.mjs'
import { installLocked } from './locked-packages.ts'
import { explainRefusal } from './refusal.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

await runMain(() => {
  const isInstalled = install()
  return isInstalled ? 0 : failInstallation()
})

function install(): boolean {
  try {
    return installLocked(ROOT, ROOT, 'install')
  } catch (error) {
    return explain(error)
  }
}

function explain(error: unknown): never {
  const refusal = explainRefusal(error, {
    root: ROOT,
    need: 'what is installed is not what package-lock.json names',
    command: 'npm run build',
  })
  if (!refusal) throw error
  fail(...refusal)
}
