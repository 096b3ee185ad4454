/**
 * The container images of the control plane, of the agent and of the emulator, in one archive that engines load. They share their
 * layers, but for the one that has the emulator.
 *
 * @module
 */

import { join } from 'node:path'
import { packFolder } from './archive.ts'
import { type Build, stageFolder } from './build.ts'
import { IMAGE_USER, layerFolders } from './image-layers.ts'
import { normalize } from './normal-files.ts'
import { addLayer, type Layer, writeLayout } from './oci-layout.ts'
import { PROCESSORS, type Processor } from './release.ts'

/** How each is run. */
const IMAGES = {
  'landfast-control-plane': {
    Cmd: ['control-plane'],
    Env: ['LANDFAST_STATE_DIR=/var/lib/landfast-control-plane', 'LANDFAST_HOST=0.0.0.0'],
    ExposedPorts: { '8443/tcp': {} },
    Volumes: { '/var/lib/landfast-control-plane': {} },
  },
  'landfast-agent': {
    Cmd: ['agent'],
    Env: ['LANDFAST_STATE_DIR=/var/lib/landfast'],
    Volumes: { '/var/lib/landfast': {} },
  },
  // Its arguments are further flags of "dev".
  'landfast-emulator': {
    Entrypoint: ['/usr/bin/landfast', 'dev', '--host=0.0.0.0', '--port=40342'],
    // A folder that it makes itself: that of the image may be entered by others.
    Env: ['LANDFAST_STATE_DIR=/var/lib/landfast/emulator'],
    ExposedPorts: { '40342/tcp': {} },
  },
} as const

/** Makes the archive for `processor` in `out`; its path. */
export async function makeImages(build: Build, out: string, processor: Processor): Promise<string> {
  const { version, epochSeconds } = build.release
  const layout = stageFolder(build, `image-${processor}/layout`)
  const layers = await packLayers(build, layout, processor)
  const created = new Date(epochSeconds * 1000).toISOString()
  const images = Object.entries(IMAGES).map(([name, settings]) => ({
    name: `${name}:${version}`,
    architecture: PROCESSORS[processor].oci,
    created,
    layers: layers.filter(({ image }) => image === undefined || image === name).map(({ layer }) => layer),
    config: {
      User: `${IMAGE_USER}:${IMAGE_USER}`,
      WorkingDir: '/',
      Entrypoint: ['/usr/bin/landfast'],
      Labels: labelsOf(build),
      ...settings,
    },
  }))
  writeLayout(layout, images)
  normalize(layout, epochSeconds)
  const file = join(out, `landfast-${version}-linux-${processor}.oci.tar`)
  await packFolder(file, { parent: layout, names: ['.'], epochSeconds, isCompressed: false })
  return file
}

/** A layer, and the only image that has it. */
interface PackedLayer {
  layer: Layer
  image: string | undefined
}

async function packLayers(build: Build, layout: string, processor: Processor): Promise<PackedLayer[]> {
  const layers: PackedLayer[] = []
  for (const { folder, owner, names = ['.'], image } of layerFolders(build, processor)) {
    const file = `${folder}.tar.gz`
    const { epochSeconds } = build.release
    await packFolder(file, { parent: folder, names, epochSeconds, owner })
    layers.push({ layer: await addLayer(layout, file), image })
  }
  return layers
}

function labelsOf({ release: { version, repository } }: Build): Record<string, string> {
  return {
    'org.opencontainers.image.version': version,
    'org.opencontainers.image.licenses': 'Apache-2.0',
    ...(repository ? { 'org.opencontainers.image.source': repository } : {}),
  }
}
