/**
 * The examples of Testcontainers in other languages, as programs.
 *
 * @module
 */

import { join } from 'node:path'
import type { BuiltProgram } from '../../scripts/built-program.ts'

const EXAMPLES = new URL('../../examples/emulator/testcontainers/', import.meta.url)

/** Each by its language. */
export const RECIPES = {
  go: {
    name: 'testcontainers-go',
    sources: new URL('go/', EXAMPLES),
    needs: 'Go and its modules',
    for: 'Testcontainers for Go',
    build: (folder) => ['go', 'test', '-c', '-o', join(folder, 'orders'), '.'],
    run: (folder) => [join(folder, 'orders')],
  },
  java: {
    name: 'testcontainers-java',
    sources: new URL('java/', EXAMPLES),
    needs: 'Java and Maven and its libraries',
    for: 'Testcontainers for Java',
    build: (folder) => ['mvn', '-B', '-q', 'compile', 'dependency:copy-dependencies', `-Dout=${folder}`],
    run: (folder) => ['java', '-cp', `${folder}/classes:${folder}/dependency/*`, 'OrdersTest'],
  },
} as const satisfies Record<string, BuiltProgram>
