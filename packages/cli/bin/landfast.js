#!/usr/bin/env node
/**
 * The way into `landfast`. Plain JavaScript for any Node.js, so that an old one says what is wrong instead of
 * stumbling over the program.
 */

import { existsSync } from 'node:fs'

const OLDEST_NODE = 24
const PROGRAM = new URL('../dist/main.js', import.meta.url)

if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  fail(
    `Node.js ${OLDEST_NODE} or newer is needed, and this is ${process.versions.node}`,
    'in a checkout, "npm run landfast -- ARGUMENTS" brings its own',
  )
} else if (existsSync(PROGRAM)) {
  await import(PROGRAM.href)
} else {
  fail('this checkout is not built', 'npm run build')
}

function fail(what, hint) {
  process.stderr.write(`landfast: ${what}\nhint: ${hint}\n`)
  process.exitCode = 3
}
