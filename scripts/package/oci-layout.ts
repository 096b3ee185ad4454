/**
 * Images as files of the OCI image layout, which every engine loads: JSON documents and compressed layers, named by hash.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 * @module
 */

import { createHash } from 'node:crypto'
import { createReadStream, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'

const BLOBS = 'blobs/sha256'

const TYPES = {
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
} as const

/** Where a document finds another. */
interface Descriptor {
  mediaType: string
  digest: string
  size: number
  annotations?: Record<string, string>
}

/** A layer within the layout. */
export interface Layer {
  descriptor: Descriptor
  /** The hash of the archive that is compressed in it. */
  diffId: string
}

/** An image of layers that the layout has. */
export interface Image {
  /** By which an engine calls it, as "landfast-agent:1.0.0". */
  name: string
  architecture: string
  created: string
  layers: readonly Layer[]
  /** How it is run: its user, its command and so on. */
  config: Record<string, unknown>
}

/** Moves a compressed archive into the layout `folder`. */
export async function addLayer(folder: string, file: string): Promise<Layer> {
  const [diffId, digest] = [await hashOf(file, true), await hashOf(file, false)]
  mkdirSync(join(folder, BLOBS), { recursive: true })
  const { size } = statSync(file)
  renameSync(file, join(folder, BLOBS, digest))
  return {
    descriptor: { mediaType: TYPES.layer, digest: `sha256:${digest}`, size },
    diffId: `sha256:${diffId}`,
  }
}

/** Writes the documents of `images` into the layout `folder`. */
export function writeLayout(folder: string, images: readonly Image[]): void {
  const added = images.map((image) => addImage(folder, image))
  const write = (name: string, document: unknown) =>
    writeFileSync(join(folder, name), JSON.stringify(document))
  const manifests = added.map(({ manifest }) => manifest)
  write('index.json', { schemaVersion: 2, mediaType: TYPES.index, manifests })
  write('oci-layout', { imageLayoutVersion: '1.0.0' })
  // What "docker load" reads in place of both, unless its store is that of containerd.
  write(
    'manifest.json',
    added.map(({ archived }) => archived),
  )
}

/** Adds an image: what the index says of it, and what archives of Docker say. */
function addImage(folder: string, { name, architecture, created, layers, config: settings }: Image) {
  const rootfs = { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) }
  const document = { created, architecture, os: 'linux', config: settings, rootfs }
  const config = addDocument(folder, TYPES.config, document)
  const manifest = addDocument(folder, TYPES.manifest, {
    schemaVersion: 2,
    mediaType: TYPES.manifest,
    config,
    layers: layers.map(({ descriptor }) => descriptor),
  })
  const annotations = { 'org.opencontainers.image.ref.name': name, 'io.containerd.image.name': name }
  return {
    manifest: { ...manifest, annotations },
    archived: {
      Config: pathOf(config),
      RepoTags: [name],
      Layers: layers.map(({ descriptor }) => pathOf(descriptor)),
    },
  }
}

/** Where the layout has a blob. */
function pathOf({ digest }: Descriptor): string {
  return `blobs/${digest.replace(':', '/')}`
}

function addDocument(folder: string, mediaType: string, document: unknown): Descriptor {
  const text = Buffer.from(JSON.stringify(document))
  const digest = createHash('sha256').update(text).digest('hex')
  writeFileSync(join(folder, BLOBS, digest), text)
  return { mediaType, digest: `sha256:${digest}`, size: text.length }
}

async function hashOf(file: string, isUnpacked: boolean): Promise<string> {
  const hash = createHash('sha256')
  if (isUnpacked) await pipeline(createReadStream(file), createGunzip(), hash)
  else await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
