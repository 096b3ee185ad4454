/**
 * Makes a backup of a control plane that runs. Its arguments are the state folder and the file.
 *
 * @module
 */

import { backUpControlPlane } from '@landfast/control-plane'

const [stateFolder = '', file = ''] = process.argv.slice(2)
await backUpControlPlane({ stateFolder }, { file, isRunning: true })
process.stdout.write('{"made":true}\n')
