/**
 * A program that listens on a Unix socket until it is killed.
 *
 * @module
 */

import { createServer } from 'node:net'

const path = process.argv[2] ?? ''
createServer().listen(path, () => process.stdout.write('{"listening":true}\n'))
