/**
 * Installs what some tests need and npm does not bring: first Debian's packages, which the others need, then these in lanes
 * beside each other, since each waits for the network most of its time.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { ACT } from '../test/action/act-program.ts'
import { installSeaweedfs } from '../test/aws/seaweedfs.ts'
import { installRootfs } from '../test/boot/rootfs.ts'
import { installRuntimes } from '../test/client/runtimes.ts'
import { GO_EXAMPLE } from '../test/emulator/example-programs.ts'
import { RECIPES } from '../test/engine/recipes.ts'
import { COMPILED_CLIENTS } from '../test/entra/compiled-clients.ts'
import { installKeycloak } from '../test/keycloak/installed-keycloak.ts'
import { GO_CLOUD } from '../test/resource-manager/go-cloud.ts'
import { VERIFIERS } from '../test/verifiers/verifiers.ts'
import { installBuiltProgram } from './built-program.ts'
import { installDebianParts } from './debian-parts.ts'
import { runMain } from './foreground.mjs'
import { fetchPackageParts } from './package/parts.ts'
import { installPython } from './python.ts'
import { explainRefusal } from './refusal.ts'
import { installRootFileSystems } from './root-file-systems.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const BUILT_PROGRAMS = [
  ACT,
  GO_CLOUD,
  GO_EXAMPLE,
  VERIFIERS,
  ...Object.values(COMPILED_CLIENTS),
  ...Object.values(RECIPES),
]

/** What goes on at once, and in each lane what goes on one after the other, since it shares caches. */
const LANES: Readonly<Record<string, ReadonlyArray<(asked: readonly string[]) => void>>> = {
  python: [installPython],
  npm: [installRuntimes, () => fetchPackageParts(ROOT)],
  compilers: [
    ...BUILT_PROGRAMS.map((program) => () => installBuiltProgram(program)),
    installSeaweedfs,
    installKeycloak,
  ],
  debian: [installRootFileSystems, installRootfs],
}

/** Goes before the name of a lane: this program starts itself for each. */
const LANE = '--lane'

await runMain(() => {
  const [first, lane = '', ...asked] = process.argv.slice(2)
  return first === LANE ? installLane(lane, asked) : installAll(process.argv.slice(2))
})

async function installAll(asked: readonly string[]): Promise<number> {
  installDebianParts()
  const codes = await Promise.all(Object.keys(LANES).map((lane) => startLane(lane, asked)))
  return Math.max(...codes)
}

/** Its exit code. */
async function startLane(lane: string, asked: readonly string[]): Promise<number> {
  const program = fileURLToPath(import.meta.url)
  const args = [...process.execArgv, program, LANE, lane, ...asked]
  const [code] = await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit')
  return code ?? 1
}

function installLane(lane: string, asked: readonly string[]): number {
  for (const install of LANES[lane] ?? []) orSay(() => install(asked))
  return 0
}

/** A user who may not write in the checkout does without what is not there. */
function orSay(install: () => void): void {
  try {
    install()
  } catch (error) {
    const refusal = explainRefusal(error, {
      root: ROOT,
      need: 'some parts are not there',
      command: 'npm run setup:parts',
    })
    if (!refusal) throw error
    process.stdout.write(`landfast: ${refusal[0]}\nhint: ${refusal[1]}\n`)
  }
}
