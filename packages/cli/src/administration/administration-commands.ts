/**
 * The commands that administer a control plane from anywhere. Each is a client of its Resource Manager.
 *
 * @see docs/administration.md
 * @module
 */

import type { Command } from 'commander'
import { addCredentialFileOptions } from '../control-plane/credential-options.ts'
import { type End, example } from '../declaration.ts'
import { IDENTITY } from './identity-commands.ts'
import { JOIN_TOKEN } from './join-token-commands.ts'
import type { LoginFlags } from './login.ts'
import { MACHINE } from './machine-commands.ts'
import { addNoun } from './noun.ts'
import { GROUP, USER } from './people/people-commands.ts'
import type { PortalFlags } from './portal.ts'
import { ROLE } from './role-commands.ts'
import { SERVICE_PRINCIPAL } from './service-principal-commands.ts'
import { SIGNING_KEYS } from './signing-key-commands.ts'

/** In the order of the help. */
const NOUNS = [JOIN_TOKEN, MACHINE, IDENTITY, ROLE, SERVICE_PRINCIPAL, GROUP, USER, SIGNING_KEYS]

/** Adds the commands to `program`. */
export function addAdministrationCommands(program: Command, end: End): void {
  addLogin(program, end)
  addLogout(program, end)
  addPortal(program, end)
  for (const noun of NOUNS) addNoun(program, noun, end)
}

function addLogin(program: Command, end: End): void {
  const login = program
    .command('login')
    .description('choose the control plane and the account that the commands below use')
    .option('--administrator <file>', 'administrator.json, as the control plane wrote it')
    .option('--url <url>', 'the control plane (default: what that file says)')
    .option('-s, --subscription-id <id>', 'the subscription (default: the first one that is visible)')
  addCredentialFileOptions(login)
    .option('-j, --json', 'print one JSON line')
    .addHelpText('after', example('landfast login --administrator administrator.json'))
    .action(async (flags: LoginFlags) => end(await (await import('./login.ts')).login(flags)))
}

function addLogout(program: Command, end: End): void {
  program
    .command('logout')
    .description('forget the login; the file of the credential stays')
    .addHelpText('after', example('landfast logout'))
    .action(async () => end(await (await import('./login.ts')).logout()))
}

function addPortal(program: Command, end: End): void {
  program
    .command('portal')
    .description('open the portal of the control plane in the browser, signed in')
    .option('--no-browser', 'only print the link')
    .option('-j, --json', 'print one JSON line')
    .addHelpText('after', example('landfast portal'))
    .action(async (flags: PortalFlags) => {
      const [{ administer }, { openPortal }] = await Promise.all([
        import('./session.ts'),
        import('./portal.ts'),
      ])
      end(await administer((session) => openPortal(session, flags)))
    })
}
