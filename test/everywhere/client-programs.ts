/**
 * The four programs, which are clients of others and know nothing of us: each is given what its own world has for it, an address, a
 * file or variables, and no secret.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findPython } from '../../scripts/python.ts'
import { MOVED_CLOCK } from '../moved-clock.ts'
import { type OtherSides, REALM, ROLE } from './other-sides.ts'

/** What they are started with. */
export interface Surroundings {
  place: { tokens: string }
  sides: OtherSides
  folder: string
  /** The configuration of Google's library. */
  googleFile: string
}

/** A program that prints one JSON line. */
interface Program {
  argv: string[]
  env: Record<string, string>
}

/** Whose program it is. */
export type Whose = 'azure' | 'google' | 'aws' | 'keycloak'

/** Theirs; Google's and AWS's are the libraries for Python where they are installed, else those for Node.js. */
export function programsOf({ place, sides, folder, googleFile }: Surroundings): Record<Whose, Program> {
  const arc = 'http://127.0.0.1:40342'
  const realmCa = join(folder, 'realm-ca.pem')
  writeFileSync(realmCa, sides.realm.tls.certificate)
  const google = findPython('google')
  const aws = findPython('aws')
  return {
    azure: {
      argv: inNode('azure-client.ts'),
      env: { IDENTITY_ENDPOINT: `${arc}/metadata/identity/oauth2/token`, IMDS_ENDPOINT: arc },
    },
    google: {
      argv: [
        ...(google ? inPython(google, '../trust/google-client.py') : inNode('../trust/google-client.ts')),
        googleFile,
      ],
      env: {},
    },
    aws: {
      argv: aws ? inPython(aws, '../aws/client.py') : [...inNode('../aws/client.ts'), 'web-identity'],
      env: {
        ...{ AWS_ROLE_ARN: ROLE, AWS_WEB_IDENTITY_TOKEN_FILE: join(place.tokens, 'aws') },
        ...{ AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' },
        ...{ AWS_REGION: 'eu-central-1', AWS_DEFAULT_REGION: 'eu-central-1' },
        ...{ AWS_EC2_METADATA_DISABLED: 'true', AWS_ENDPOINT_URL_STS: sides.aws.url },
      },
    },
    keycloak: {
      argv: [...inNode('keycloak-client.ts'), REALM, join(place.tokens, 'keycloak')],
      env: { NODE_EXTRA_CA_CERTS: realmCa },
    },
  }
}

/** Starts each anew, one after the other; resolves to what they printed. */
export async function runPrograms(programs: Record<Whose, Program>): Promise<Record<string, object>> {
  const printed: Record<string, object> = {}
  for (const [whose, { argv, env }] of Object.entries(programs)) {
    const [program = '', ...args] = argv
    const { stdout } = await promisify(execFile)(program, args, {
      env: { ...MOVED_CLOCK, PATH: process.env.PATH, HOME: '/nonexistent', ...env },
      timeout: 60_000,
    })
    printed[whose] = JSON.parse(stdout)
  }
  return printed
}

function inNode(name: string): string[] {
  return [process.execPath, '--disable-warning=ExperimentalWarning', '--conditions=source', pathOf(name)]
}

function inPython(python: string, name: string): string[] {
  return [python, pathOf(name)]
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}
