/**
 * The files that pages ask for: a style sheet, a picture, a script, and one for the sign-in alone. The name of each holds a digest of its content, so a
 * browser may keep it for ever.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const TYPES = {
  'portal.css': 'text/css; charset=utf-8',
  'portal.js': 'text/javascript; charset=utf-8',
  'portal.svg': 'image/svg+xml',
  'sign-in.js': 'text/javascript; charset=utf-8',
} as const

/** The name of a file. */
export type AssetName = keyof typeof TYPES

/** Where each file is. */
export type AssetUrls = Readonly<Record<AssetName, string>>

/** One file. */
export interface Asset {
  type: string
  content: Buffer
  etag: string
}

/** Below it are all files, and nothing else. */
export const ASSETS_PATH = '/portal/assets/'

/** In a checkout and in the package of this library, and beside the bundled command. */
const FOLDERS = ['../../src/portal/assets/', './portal/']

/** Reads all files. */
export function loadAssets(): { urls: AssetUrls; find: (path: string) => Asset | undefined } {
  const byUrl = new Map<string, Asset>()
  const urls = Object.entries(TYPES).map(([name, type]) => {
    const content = readAsset(name)
    const digest = createHash('sha256').update(content).digest('base64url').slice(0, 16)
    const url = ASSETS_PATH + name.replace('.', `.${digest}.`)
    byUrl.set(url, { type, content, etag: `"${digest}"` })
    return [name, url]
  })
  return { urls: Object.fromEntries(urls) as Record<AssetName, string>, find: (path) => byUrl.get(path) }
}

function readAsset(name: string): Buffer {
  for (const folder of FOLDERS) {
    try {
      return readFileSync(new URL(folder + name, import.meta.url))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  throw new Error(`"${name}" did not come with this program`)
}
