/**
 * A program that holds the lock of a folder until it is killed.
 *
 * @module
 */

import { lockFolder } from '../../packages/agent/src/machine/folder-lock.ts'

const lock = lockFolder(process.argv[2] ?? '')
process.stdout.write(`${JSON.stringify('heldBy' in lock ? lock : { pid: process.pid })}\n`)
process.stdin.resume()
