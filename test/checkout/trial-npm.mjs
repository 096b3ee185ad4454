/**
 * An npm that asks no registry: installs the packages that a lock file names as folders with nothing in them but their
 * version, and links to the tools of the real checkout (TRIAL_STORE). TRIAL_NPM may be "fails", or "waits" for a file.
 */

import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { setTimeout } from 'node:timers/promises'

const TOOLS = ['.bin', 'typescript', '@typescript', 'esbuild', '@esbuild', '@types', 'undici-types']

const { TRIAL_STORE, TRIAL_LOG, TRIAL_GO, TRIAL_NPM } = process.env
const [, , command, ...options] = process.argv
const folder = options[options.indexOf('--prefix') + 1]
const modules = `${folder}/node_modules`

appendFileSync(TRIAL_LOG, `${command}\n`)
if (TRIAL_NPM === 'fails') process.exit(1)
rmSync(modules, { recursive: true, force: true })
mkdirSync(`${modules}/@landfast`, { recursive: true })
if (TRIAL_NPM === 'waits') await waitFor(TRIAL_GO)
for (const name of TOOLS) symlinkSync(`${TRIAL_STORE}/${name}`, `${modules}/${name}`)
const { packages } = JSON.parse(readFileSync(`${folder}/package-lock.json`, 'utf8'))
for (const [path, entry] of Object.entries(packages)) {
  if (path === '' || entry.optional) delete packages[path]
  else if (path.startsWith('node_modules/')) install(`${folder}/${path}`, entry)
}
writeFileSync(`${modules}/.package-lock.json`, JSON.stringify({ packages }))

async function waitFor(file) {
  process.stdout.write('half installed\n')
  while (!existsSync(file)) await setTimeout(20)
}

function install(place, { link, resolved, version }) {
  if (link) return symlinkSync(`${place.includes('/@') ? '../../' : '../'}${resolved}`, place)
  mkdirSync(place)
  writeFileSync(`${place}/version`, version)
}
