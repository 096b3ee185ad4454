/**
 * The command that makes another side trust our identities: `trust`.
 *
 * @see docs/clouds.md
 * @module
 */

import { Argument, type Command } from 'commander'
import { addProxyOptions } from '../control-plane/credential-options.ts'
import { type End, example } from '../declaration.ts'
import { TARGET_NAMES, type TargetName } from './target-names.ts'
import type { TrustTargetFlags } from './trust.ts'

/** Adds the command to `program`. */
export function addTrustCommands(program: Command, end: End): void {
  const command = program
    .command('trust')
    .description(
      'say whether another side would accept our tokens, and how it comes to trust an identity; without a target, list them',
    )
    .addArgument(new Argument('[target]', 'who is to trust it').choices(TARGET_NAMES))
    .option('--issuer <url>', 'the issuer (default: the one that the control plane states)')
    .option('--url <url>', 'the control plane (default: that of this machine)')
    .option('--ca-file <file>', 'the certificate of its CA (PEM), unless this host trusts it anyway')
    .option('--audience <uri>', 'what the tokens are for (default: what the target asks for)')
    .option('--identity <id>', 'whose tokens, by the object id of the identity (default: this machine)')
    .option('--set <name=value...>', 'put a value in the place of capitals, as in PROJECT_ID=shop')
  addProxyOptions(command)
    .option('--config <file>', 'the settings file of the agent (LANDFAST_CONFIG)')
    .option('--state-dir <dir>', 'the folder of this machine’s registration')
    .option('-j, --json', 'print one JSON line')
    .addHelpText('after', example('landfast trust aws --issuer https://id.example.com/'))
    .action(async (target: TargetName | undefined, flags: TrustTargetFlags) => {
      if (target === undefined) {
        const { listTargets } = await import('./target-list.ts')
        return end(listTargets(flags))
      }
      const { trust } = await import('./trust.ts')
      end(await trust(target, flags))
    })
}
