/**
 * Where the Arc agent has its key files and its program, by platform.
 *
 * @see https://learn.microsoft.com/azure/azure-arc/servers/managed-identity-authentication
 * @module
 */

import { ARC_KEY_FOLDER, HIMDS_FILES } from '@landfast/protocol'

/** The places on one platform. */
export interface ArcPlaces {
  /** Undefined where there is no Arc agent. */
  readonly keyFolder: string | undefined
  /** Programs that are there where the agent is; official clients look at one or the other. */
  readonly himdsFiles: readonly string[]
}

/** The places on `platform`, as `process.platform` names it. */
export function arcPlaces(platform: string, env: Readonly<Record<string, string | undefined>>): ArcPlaces {
  if (platform === 'linux') {
    return { keyFolder: ARC_KEY_FOLDER, himdsFiles: HIMDS_FILES }
  }
  if (platform !== 'win32') return { keyFolder: undefined, himdsFiles: [] }
  const data = env.ProgramData
  return {
    keyFolder: data && `${data}\\AzureConnectedMachineAgent\\Tokens`,
    himdsFiles: [env.ProgramFiles, data]
      .filter((folder) => folder !== undefined)
      .map((folder) => `${folder}\\AzureConnectedMachineAgent\\himds.exe`),
  }
}
