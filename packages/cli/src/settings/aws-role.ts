/**
 * The role of the style `aws`, from the settings.
 *
 * @module
 */

import type { EndpointOptions } from '@landfast/agent'
import type { Proxies } from '@landfast/server/proxy'
import { CliError } from '../cli-error.ts'
import type { AgentSettings } from './agent-settings.ts'

/**
 * What the style exchanges its token for.
 *
 * @throws {CliError} `argument_missing` if no role is named.
 */
export function awsRoleOf(
  settings: AgentSettings,
  proxies: Proxies | undefined,
): Extract<EndpointOptions, { style: 'aws' }>['role'] {
  const { 'aws-role-arn': arn, 'aws-sts-url': stsUrl, 'aws-audience': audience } = settings
  if (arn === undefined || audience === undefined) {
    const name = arn === undefined ? 'aws-role-arn' : 'aws-audience'
    throw new CliError('argument_missing', {
      detail: `the style "aws" needs the setting "${name}"`,
      hints: [`set it first: landfast config set ${name} VALUE`],
    })
  }
  return { arn, stsUrl, audience, identity: settings['aws-identity'], proxies }
}
