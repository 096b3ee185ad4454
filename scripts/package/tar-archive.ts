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

/** Makes the archive for `processor` in `out`; its path. */
export async function makeTarArchive(build: Build, out: string, processor: Processor): Promise<string> {
  const { root, version, epochSeconds } = build.release
  const parent = stageFolder(build, `tar-${processor}`)
  const name = `landfast-${version}-linux-${processor}`
  const folder = join(parent, name)
  writeProgramFolder(build, folder, processor)
  for (const file of ['LICENSE', 'CHANGELOG.md']) copyFileSync(join(root, file), join(folder, file))
  writeFileSync(join(folder, 'THIRD-PARTY-NOTICES.txt'), build.notices)
  writeFileSync(join(folder, 'INSTALL.txt'), installation(name))
  writeManual(build.release, join(folder, 'manual'))
  normalize(parent, epochSeconds)
  const file = join(out, `${name}.tar.gz`)
  await packFolder(file, { parent, names: [name], epochSeconds })
  return file
}

function installation(name: string): string {
  return `Landfast in one folder, with the Node.js that runs it. It needs Linux with glibc 2.28 or newer, and nothing else.

To try it, start "./landfast" here.

To install it:

  sudo mkdir -p /opt/landfast
  sudo tar -xzf ${name}.tar.gz -C /opt/landfast --strip-components=1 --no-same-owner
  sudo ln -s /opt/landfast/landfast /usr/local/bin/landfast
  sudo landfast install

To remove it:

  sudo landfast uninstall
  sudo rm -r /usr/local/bin/landfast /opt/landfast
`
}
