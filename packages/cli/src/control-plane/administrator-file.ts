/**
 * `administrator.json`, as a control plane wrote it on its first start, or when its administrator was reset.
 *
 * @see docs/control-plane.md
 * @module
 */

import type { AdministratorFile } from '@landfast/control-plane'
import { CliError } from '../cli-error.ts'
import { asOwnerOf } from '../files/as-owner.ts'
import { readSecretFile } from '../files/secret-file.ts'

const NEEDED = ['url', 'tenantId', 'subscriptionId', 'clientId', 'clientSecret'] as const

/** The content of `file`, which root may read where the user of the control plane has it. @throws {CliError} `config_invalid`, or those of a secret file. */
export async function readAdministrator(file: string): Promise<AdministratorFile> {
  const content = parse(await asOwnerOf(file, () => readSecretFile(file)))
  if (NEEDED.every((name) => typeof content[name] === 'string'))
    return content as unknown as AdministratorFile
  // What cannot be understood may be a secret all the same, so nothing of it is repeated.
  throw new CliError('config_invalid', {
    detail: `"${file}" is not what a control plane writes`,
    hints: ['"landfast control-plane reset-administrator" writes a new one'],
  })
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return { ...JSON.parse(text) }
  } catch {
    return {}
  }
}
