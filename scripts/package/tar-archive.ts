/**
 * The archive for systems that have neither package manager: the program, and what `landfast install` puts in place.
 *
 * @module
 */

import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packFolder } from './archive.ts'
import { type Build, stageFolder } from './build.ts'
import { writeManual } from './manual.ts'
import { normalize } from './normal-files.ts'
import { writeProgramFolder } from './program-folder.ts'
import type { Processor } from './release.ts'

/** INSTALL.txt. */
const INSTALLATION = `Landfast in one folder, with the Node.js that runs it. It needs Linux with glibc 2.28 or newer, and nothing else.

To use it here, start "./landfast".

To make it a service of this host, which copies it to /opt/landfast:

  sudo ./landfast install

To remove that again:

  sudo landfast uninstall
`

/** Makes the archive for `processor` in `out`; its path. */
export async function makeTarArchive(build: Build, out: string, processor: Processor): Promise<string> {
  const { root, version, epochSeconds } = build.release
  const parent = stageFolder(build, `tar-${processor}`)
  const name = `landfast-${version}-linux-${processor}`
  const folder = join(parent, name)
  writeProgramFolder(build, folder, { processor, hasEmulator: true })
  for (const file of ['LICENSE', 'CHANGELOG.md']) copyFileSync(join(root, file), join(folder, file))
  writeFileSync(join(folder, 'THIRD-PARTY-NOTICES.txt'), build.notices)
  writeFileSync(join(folder, 'INSTALL.txt'), INSTALLATION)
  writeManual(build.release, join(folder, 'manual'))
  normalize(parent, epochSeconds)
  const file = join(out, `${name}.tar.gz`)
  await packFolder(file, { parent, names: [name], epochSeconds })
  return file
}
