/**
 * A control plane in a separate process. Its argument holds the options; each line of its input is a machine to
 * register, each line of its output the result.
 *
 * @module
 */

import { createInterface } from 'node:readline'
import { createControlPlane } from '@landfast/control-plane'

const controlPlane = createControlPlane(JSON.parse(process.argv[2] ?? ''))
await controlPlane.start()
tell({ caFile: controlPlane.caFile, url: controlPlane.url })
for await (const line of createInterface({ input: process.stdin })) {
  tell(await controlPlane.registry.registerMachine(JSON.parse(line)))
}

function tell(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`)
}
