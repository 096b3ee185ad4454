/**
 * The columns: how each style's endpoint is set up at the agent, and where clients without variables look for it.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import type { EndpointOptions } from '@landfast/agent'
import {
  ARC_KEY_FOLDER,
  ARC_PORT,
  type StyleName,
  type StyleNameOf,
  VM_ADDRESS,
  VM_PORT,
} from '@landfast/protocol'
import { RUN_STYLES } from '../packages/cli/src/run/run-styles.ts'

/** Every column of the matrix: the agent's styles, and the way that needs no agent. */
export const COLUMN_NAMES = RUN_STYLES

/** One of them. */
export type ColumnName = (typeof COLUMN_NAMES)[number]

/** A style as it is tried. */
export interface Column {
  /** The agent's endpoint where clients expect it. */
  usual: () => EndpointOptions
  /** The same on a free port, behind something else or found by a variable. */
  elsewhere: () => EndpointOptions
  /** Where clients expect the endpoint; port 0 where they are always told. */
  place: { address: string; port: number }
  /** Whether clients find the place by themselves, with no variable. */
  isFound: boolean
}

const LOOPBACK = '127.0.0.1'

/** Each style that is tried. */
export const COLUMNS: Readonly<Record<StyleName, Column>> = {
  arc: {
    usual: () => ({ style: 'arc', port: ARC_PORT, keyFolder: ARC_KEY_FOLDER }),
    // The folder is this lane's, so that the platform's port is free for what stands in front.
    elsewhere: () => ({ style: 'arc', port: 0, keyFolder: ARC_KEY_FOLDER, isFolderPrivate: true }),
    place: { address: LOOPBACK, port: ARC_PORT },
    isFound: false,
  },
  'app-service': withSecret('app-service'),
  vm: {
    usual: () => ({ style: 'vm', atVmAddress: true }),
    elsewhere: () => ({ style: 'vm' }),
    place: { address: VM_ADDRESS, port: VM_PORT },
    isFound: true,
  },
  'app-service-2017': withSecret('app-service-2017'),
  'azure-ml': withSecret('azure-ml'),
  'cloud-shell': {
    ...same(() => ({ style: 'cloud-shell' })),
    place: { address: LOOPBACK, port: 0 },
    isFound: false,
  },
  'service-fabric': withSecret('service-fabric'),
}

function withSecret(style: StyleNameOf<'secret-header'>): Column {
  const endpoint = same(() => ({ style, secret: randomBytes(24).toString('base64url') }))
  return { ...endpoint, place: { address: LOOPBACK, port: 0 }, isFound: false }
}

function same(endpoint: () => EndpointOptions): Pick<Column, 'usual' | 'elsewhere'> {
  return { usual: endpoint, elsewhere: endpoint }
}
