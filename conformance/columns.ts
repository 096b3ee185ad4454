/**
 * How a client is led to each style: the endpoint that the agent gets and the variables that the program gets. A style
 * of the protocol's table that has no entry here is shown as not run.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import type { EndpointOptions } from '@landfast/agent'
import {
  ARC_KEY_FOLDER,
  ARC_PORT,
  type EndpointLocation,
  endpointVariables,
  type StyleName,
} from '@landfast/protocol'

/** A style as it is tried. */
export interface Column {
  /** The port at which clients look that are told nothing; 0 where they always are told. */
  port: number
  endpoint: (port: number) => EndpointOptions
  /** What leads a client there. */
  variables: (location: EndpointLocation) => Record<string, string>
}

/** Each style that is tried. */
export const COLUMNS: Partial<Record<StyleName, Column>> = {
  arc: {
    port: ARC_PORT,
    endpoint: (port) => ({ style: 'arc', port, keyFolder: ARC_KEY_FOLDER }),
    variables: endpointVariables,
  },
  'app-service': {
    port: 0,
    endpoint: (port) => ({ style: 'app-service', port, secret: randomBytes(24).toString('base64url') }),
    variables: endpointVariables,
  },
}
