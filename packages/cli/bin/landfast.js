#!/usr/bin/env node
/**
 * The way into `landfast`. Plain JavaScript for any Node.js, so that an old one starts the Node that the package brings,
 * or says what is wrong, instead of stumbling over the program.
 */

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const OLDEST_NODE = 24
const PROGRAM = new URL('../dist/main.js', import.meta.url)
const OWN_NODE = new URL(`../node/${process.platform}-${process.arch}/node`, import.meta.url)

if (!existsSync(PROGRAM)) {
  fail('this checkout is not built', 'npm run build')
} else if (Number(process.versions.node.split('.')[0]) >= OLDEST_NODE) {
  await import(PROGRAM.href)
} else if (existsSync(OWN_NODE) && hasGlibc()) {
  const { replaceBy } = await import('./own-node.js')
  replaceBy(fileURLToPath(OWN_NODE), [fileURLToPath(PROGRAM), ...process.argv.slice(2)])
} else {
  fail(
    `Node.js ${OLDEST_NODE} or newer is needed, and this is ${process.versions.node}`,
    'in a checkout, "npm run landfast -- ARGUMENTS" brings its own',
  )
}

/** The Node that the package brings cannot run without it. */
function hasGlibc() {
  return Boolean(process.report?.getReport().header.glibcVersionRuntime)
}

function fail(what, hint) {
  process.stderr.write(`landfast: ${what}\nhint: ${hint}\n`)
  process.exitCode = 3
}
