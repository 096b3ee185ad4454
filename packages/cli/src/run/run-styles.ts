/**
 * The ways in which `landfast run` leads a command to its tokens.
 *
 * @module
 */

import { STYLE_NAMES } from '@landfast/protocol'

/** The way without an endpoint: a file with a federated token, which the control plane itself exchanges. */
export const WORKLOAD_IDENTITY = 'workload-identity'

/** Every way, by the name that `--as` takes. */
export const RUN_STYLES = [...STYLE_NAMES, WORKLOAD_IDENTITY] as const
