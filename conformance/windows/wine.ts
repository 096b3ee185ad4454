/**
 * Windows for one lane: Wine's root file system with a layer of its own above, so that no lane sees what another does,
 * and a process of its own for the kernel. It goes with the namespaces of the lane.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findRootFileSystem } from '../../scripts/root-file-systems.ts'
import { PREFIX, WINE_ENVIRONMENT, WINE_SERVER } from '../../scripts/wine.ts'
import type { SharedFolder } from './shared-folder.ts'

/** The folder of this checkout, which clients are run from. */
const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url))

/** Where Wine sees the checkout, and the folder of the lane. */
export const SEEN = { checkout: '/landfast', lane: '/lane' } as const

/** From here Wine takes what Windows keeps in the store of trusted roots. */
export const TRUSTED_ROOTS = 'etc/ssl/certs/ca-certificates.crt'

/** Here Wine looks names up. */
export const HOSTS_FILE = 'etc/hosts'

/** What every system has in it. */
export const LOCAL_HOSTS = '127.0.0.1 localhost\n::1 localhost\n'

/** By which the program that runs clients there is told of it, as JSON. */
export const WINE_VARIABLE = 'LANDFAST_CONFORMANCE_WINE'

const AGENT = 'AzureConnectedMachineAgent'

/** Windows as a lane has it. */
export interface Wine {
  /** Its root, as this process sees it. */
  root: string
  lane: string
  keys: SharedFolder
  /** Where clients on Windows look for the agent's program. */
  himdsFile: string
}

/** Why clients on Windows cannot be run here, in one sentence; undefined if they can. */
export function whyNoWine(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root may run Wine in its root file system'
  if (findRootFileSystem('wine') === undefined)
    return 'Wine is not there; "npm run setup:parts" installs it as root'
  return undefined
}

/** Opens it in the namespaces of the lane whose folder is `lane`; it trusts `authorities`, certificates in PEM. */
export function openWine(lane: string, authorities: readonly string[]): Wine {
  const root = join(lane, 'windows')
  mountLayers(findRootFileSystem('wine') ?? '', root, join(lane, 'layers'))
  bind(CHECKOUT, join(root, SEEN.checkout), 'ro')
  bind(lane, join(root, SEEN.lane), 'rw')
  mount('-t', 'proc', 'proc', join(root, 'proc'))
  mount('-t', 'sysfs', 'sysfs', join(root, 'sys'))
  mount('--rbind', '/dev', join(root, 'dev'))
  writeFileSync(join(root, TRUSTED_ROOTS), authorities.join('\n'))
  writeFileSync(join(root, HOSTS_FILE), LOCAL_HOSTS)
  const tokens = `\\ProgramData\\${AGENT}\\Tokens`
  const drive = join(root, PREFIX, 'drive_c')
  // By itself it ends with the last program, and the next one waits until it has started anew.
  execFileSync('chroot', [root, WINE_SERVER, '--persistent'], { env: wineVariables(), stdio: 'ignore' })
  return {
    root,
    lane,
    keys: {
      onLinux: join(drive, 'ProgramData', AGENT, 'Tokens'),
      onWindows: `C:${tokens}`,
      onOtherDrive: `Z:${PREFIX.replaceAll('/', '\\')}\\drive_c${tokens}`,
    },
    himdsFile: join(drive, 'Program Files', AGENT, 'himds.exe'),
  }
}

/** What Wine reads, and where its starter is found. */
export function wineVariables(): Record<string, string> {
  return { PATH: process.env.PATH ?? '', ...WINE_ENVIRONMENT }
}

function mountLayers(lower: string, root: string, layers: string): void {
  for (const folder of [root, layers]) mkdirSync(folder)
  mount('-t', 'tmpfs', '-o', 'mode=0755,size=256m', 'landfast', layers)
  const [upper, work] = [join(layers, 'upper'), join(layers, 'work')]
  for (const folder of [upper, work]) mkdirSync(folder)
  mount('-t', 'overlay', '-o', `lowerdir=${lower},upperdir=${upper},workdir=${work}`, 'landfast', root)
}

function bind(from: string, to: string, mode: 'ro' | 'rw'): void {
  mkdirSync(to)
  mount('--bind', from, to)
  if (mode === 'ro') mount('-o', 'remount,bind,ro', to)
}

function mount(...args: string[]): void {
  execFileSync('mount', ['-n', ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
}
