/**
 * What `landfast token` is told.
 *
 * @module
 */

import type { AwsProcessFlags } from './aws-process.ts'
import type { TokenFormat } from './token-formats.ts'

/** What a token is for if nothing says so. */
export const DEFAULT_RESOURCE = 'https://management.azure.com'

/** The flags of the command, as commander reads them. */
export interface TokenFlags extends AwsProcessFlags {
  resource?: string
  keyFolder: string
  clientId?: string
  bypassCache?: true
  format?: TokenFormat
  decode?: true
  json?: true
  stateDir?: string
}
