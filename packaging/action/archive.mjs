/**
 * The archive with the program: found, compared with its hash, and unpacked.
 */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { log, readInput } from './runner.mjs'

const PROCESSORS = ['x64', 'arm64']

/** A server that does not answer has failed after this long. */
const WITHIN_MS = 300_000

/** Unpacks the archive that the inputs name below `folder`; the folder with the program. */
export async function installArchive(folder) {
  const path = readInput('archive')
  const sha256 = readInput('sha256').toLowerCase()
  if (sha256 && !/^[0-9a-f]{64}$/.test(sha256)) throw new Error('"sha256" must be 64 hexadecimal digits')
  const archive = path ? { name: basename(path), bytes: readFileSync(path) } : await download(sha256)
  if (sha256) compare(archive, sha256)
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'landfast.tar.gz')
  writeFileSync(file, archive.bytes)
  execFileSync('tar', ['-xzf', file, '-C', folder, '--strip-components=1'])
  return folder
}

/** The release's, of which its own list of hashes tells whether it has arrived whole. */
async function download(sha256) {
  if (process.platform !== 'linux' || !PROCESSORS.includes(process.arch))
    throw new Error(
      `there is no Landfast for ${process.platform} on ${process.arch}; use a runner with Linux`,
    )
  const version = readInput('version') || ownVersion()
  if (!/^\d+\.\d+\.\d+[\w.-]*$/.test(version)) throw new Error(`"version": "${version}" is no version`)
  const { GITHUB_SERVER_URL: server = 'https://github.com', GITHUB_ACTION_REPOSITORY: repository } =
    process.env
  if (!repository) throw new Error('an action of the checkout itself has no release: give "archive"')
  const place = `${server}/${repository}/releases/download/v${version}`
  const name = `landfast-${version}-linux-${process.arch}.tar.gz`
  log(`downloading ${place}/${name}`)
  const archive = { name, bytes: await get(`${place}/${name}`) }
  if (!sha256) compare(archive, listed(String(await get(`${place}/SHA256SUMS`)), name))
  return archive
}

function ownVersion() {
  return JSON.parse(readFileSync(new URL('../../packages/cli/package.json', import.meta.url), 'utf8')).version
}

async function get(url) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(WITHIN_MS) })
  if (!answer.ok) throw new Error(`${url}: the server answered ${answer.status}`)
  return Buffer.from(await answer.arrayBuffer())
}

/** As `sha256sum` writes it. */
function listed(sums, name) {
  const line = sums.split('\n').find((one) => one.endsWith(`  ${name}`))
  if (!line) throw new Error(`SHA256SUMS of the release has no line for ${name}`)
  return line.split(' ')[0]
}

function compare({ name, bytes }, wanted) {
  const found = createHash('sha256').update(bytes).digest('hex')
  if (found !== wanted)
    throw new Error(`${name} has the SHA-256 ${found}, not ${wanted}; nothing was unpacked`)
}
