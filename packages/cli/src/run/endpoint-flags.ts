/**
 * The flags by which `landfast dev` is told where its endpoint is and how callers prove themselves.
 *
 * @see docs/ci.md
 * @module
 */

import { isIP } from 'node:net'
import type { EndpointOptions } from '@landfast/agent'
import { ownEndpoint } from '@landfast/emulator/environment'
import { ARC_PORT, hasProof, type StyleName } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import type { Environment } from '../environment.ts'
import { readSecretFile } from '../files/secret-file.ts'

/** As commander reads them. */
export interface EndpointFlags {
  as: StyleName
  port?: number
  host?: string
  identityHeaderFile?: string
  keyFolder?: string
  keyGroup?: string
}

/** The variable that holds the secret itself. */
const SECRET_VARIABLE = 'LANDFAST_IDENTITY_HEADER'

/** What an HTTP header carries, and nobody guesses by chance. */
const SECRET = /^[\x21-\x7e]{12,256}$/

/** The endpoint that they ask for. @throws {CliError} `argument_invalid`, or those of a secret file. */
export async function readEndpointFlags(
  flags: EndpointFlags,
  environment: Environment,
): Promise<EndpointOptions> {
  const { as, port, host } = flags
  refuseUseless(flags)
  if (as === 'arc') return arcEndpoint(flags)
  if (host !== undefined && isIP(host) === 0) {
    const hints = ['write it as in 0.0.0.0, which stands for every address of this host']
    throw new CliError('argument_invalid', { detail: `"--host": "${host}" is no address`, hints })
  }
  const secret = hasProof(as, 'secret-header') ? await readSecret(flags, environment) : undefined
  return ownEndpoint(as, port, { secret, address: host })
}

function arcEndpoint({ port = ARC_PORT, keyFolder, keyGroup }: EndpointFlags): EndpointOptions {
  return {
    style: 'arc',
    port,
    keyGroup: keyGroup || undefined,
    ...(keyFolder !== undefined && { keyFolder }),
  }
}

/** They would be passed over in silence. */
function refuseUseless({ as, keyFolder, keyGroup, host, identityHeaderFile }: EndpointFlags): void {
  const ofArc = keyFolder === undefined ? keyGroup !== undefined && '--key-group' : '--key-folder'
  if (ofArc && as !== 'arc') refuse(ofArc, as, 'add "--as arc", the style that has key files')
  const ofSecret =
    host === undefined ? identityHeaderFile !== undefined && '--identity-header-file' : '--host'
  if (ofSecret && !hasProof(as, 'secret-header'))
    refuse(ofSecret, as, 'leave out "--as": in the app-service style callers prove themselves by a secret')
}

function refuse(flag: string, style: StyleName, hint: string): never {
  throw new CliError('argument_invalid', {
    detail: `"${flag}" is of no use in the ${style} style`,
    hints: [hint],
  })
}

/** Without one there is a new one each time. */
async function readSecret(
  { identityHeaderFile: file }: EndpointFlags,
  environment: Environment,
): Promise<string | undefined> {
  const secret = file === undefined ? environment[SECRET_VARIABLE] : (await readSecretFile(file)).trim()
  if (secret === undefined || (secret === '' && file === undefined)) return undefined
  if (SECRET.test(secret)) return secret
  const where = file === undefined ? SECRET_VARIABLE : `"${file}"`
  const hints = ['it has 12 to 256 letters, digits and signs, and no space']
  throw new CliError('argument_invalid', {
    detail: `${where} holds no secret that a header can carry`,
    hints,
  })
}
