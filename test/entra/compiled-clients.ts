/**
 * MSAL for Go and for Java as programs.
 *
 * @module
 */

import { type BuiltProgram, goProgram } from '../../scripts/built-program.ts'

const MSAL_JAVA: BuiltProgram = {
  name: 'msal-java',
  sources: new URL('clients/msal-java/', import.meta.url),
  needs: 'Java and Maven and its libraries',
  for: 'MSAL for Java at Entra ID',
  build: (folder) => ['mvn', '-B', '-q', 'compile', 'dependency:copy-dependencies', `-Dout=${folder}`],
  run: (folder) => ['java', '-cp', `${folder}/classes:${folder}/dependency/*`, 'Msal'],
}

const MSAL_GO = goProgram({
  name: 'msal-go',
  sources: new URL('clients/msal-go/', import.meta.url),
  for: 'MSAL for Go at Entra ID',
})

/** Each client by its name. */
export const COMPILED_CLIENTS = { 'msal-go': MSAL_GO, 'msal-java': MSAL_JAVA } as const

/** The name of a client. */
export type CompiledClient = keyof typeof COMPILED_CLIENTS
