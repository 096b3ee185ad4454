/**
 * A configuration of az for one site: az knows no other cloud there than the control plane of the site, and what it
 * keeps is neither the user's own nor touches it.
 *
 * @see docs/resource-manager.md
 * @see https://learn.microsoft.com/cli/azure/azure-cli-configuration
 * @module
 */

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pythonTrust } from '@landfast/emulator/environment'
import type { Environment } from '../environment.ts'
import type { Site } from './local-site.ts'

/** Names the folder of az's configuration. */
const FOLDER_VARIABLE = 'AZURE_CONFIG_DIR'

/** The folder's name in the state folder. */
const FOLDER = 'azure'

/** By this name az keeps the cloud; it is the one in the document at `/metadata/endpoints`. */
const CLOUD = 'Landfast'

/** What tokens for the Resource Manager are asked for. */
const MANAGEMENT = 'https://management.azure.com/'

/** The user's alone: az keeps tokens in the folder. */
const PRIVATE_FOLDER = { recursive: true, mode: 0o700 } as const
const PRIVATE = { mode: 0o600 } as const

/**
 * Writes the configuration into `folder`; the variables by which az finds it and trusts the control plane, beside what
 * `environment` has it trust.
 */
export async function azureCliVariables(
  { controlPlaneUrl, caFile }: Pick<Site, 'controlPlaneUrl' | 'caFile'>,
  environment: Environment,
  folder: string,
): Promise<Record<string, string>> {
  const place = join(folder, FOLDER)
  await mkdir(place, PRIVATE_FOLDER)
  await writeFile(join(place, 'config'), formatSections(SETTINGS), PRIVATE)
  await writeFile(join(place, 'clouds.config'), formatSections(cloudOf(controlPlaneUrl)), PRIVATE)
  const trust = await pythonTrust(environment, folder, await readFile(caFile, 'utf8'))
  return { [FOLDER_VARIABLE]: place, ...trust }
}

/** Without these az asks Microsoft's hosts about the control plane, and tells them what it does. */
const SETTINGS = {
  cloud: { name: CLOUD },
  core: { instance_discovery: 'false', collect_telemetry: 'false', login_experience_v2: 'off' },
  'auto-upgrade': { enable: 'false' },
  extension: { use_dynamic_install: 'no' },
} as const

/** What az would read at `/metadata/endpoints` of `url`. */
function cloudOf(url: string): Sections {
  return {
    [CLOUD]: {
      endpoint_resource_manager: url,
      endpoint_management: MANAGEMENT,
      endpoint_active_directory: url,
      endpoint_active_directory_resource_id: MANAGEMENT,
      endpoint_active_directory_graph_resource_id: `${url}/`,
      endpoint_microsoft_graph_resource_id: `${url}/`,
    },
  }
}

type Sections = Readonly<Record<string, Readonly<Record<string, string>>>>

function formatSections(sections: Sections): string {
  return Object.entries(sections)
    .map(([name, values]) => {
      const lines = Object.entries(values).map(([key, value]) => `${key} = ${value}\n`)
      return `[${name}]\n${lines.join('')}`
    })
    .join('\n')
}
