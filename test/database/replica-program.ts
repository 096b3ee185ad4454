/**
 * A control plane in a separate process. Its argument holds the options; its one line of output says where it is, and
 * has a join token.
 *
 * @module
 */

import { createControlPlane } from '@landfast/control-plane'

const controlPlane = createControlPlane(JSON.parse(process.argv[2] ?? ''))
await controlPlane.start()
const { caFile, url } = controlPlane
const joinToken = await controlPlane.makeJoinToken('landfast')
process.stdout.write(`${JSON.stringify({ caFile, url, joinToken })}\n`)
