/**
 * `landfast service-principal` and its flags.
 *
 * @module
 */

import type { Command } from 'commander'
import type { AnswerFlags } from './answer.ts'
import type { ConfirmationFlags } from './confirmation.ts'
import { addVerb, addYes, type End } from './declaration.ts'
import type { NewSecretFlags } from './service-principal.ts'
import { administer } from './session.ts'

const load = () => import('./service-principal.ts')

/** Adds the commands to `program`. */
export function addServicePrincipalCommands(program: Command, end: End): void {
  const noun = program
    .command('service-principal')
    .description('make applications that get tokens by a secret or a certificate')
  const create = {
    usage: 'create <name>',
    description: 'make one, with a secret if something says where that is to go',
    example: 'service-principal create deployment --secret-file deployment.secret',
  }
  addSecret(addVerb(noun, create)).action(async (name: string, flags: NewSecretFlags) =>
    end(await administer(async (session) => (await load()).createServicePrincipal(session, name, flags))),
  )
  const list = { usage: 'list', description: 'list them', example: 'service-principal list' }
  addVerb(noun, list).action(async (flags: AnswerFlags) =>
    end(await administer(async (session) => (await load()).listServicePrincipals(session, flags))),
  )
  const remove = {
    usage: 'delete <principal>',
    description: 'delete one for ever, by its object id, client id or name',
    example: 'service-principal delete deployment',
  }
  addYes(addVerb(noun, remove)).action(async (text: string, flags: AnswerFlags & ConfirmationFlags) =>
    end(await administer(async (session) => (await load()).deleteServicePrincipal(session, text, flags))),
  )
  const reset = {
    usage: 'reset-secret <principal>',
    description: 'make a new secret; then the former ones prove nothing any more',
    example: 'service-principal reset-secret deployment --secret-file deployment.secret',
  }
  addSecret(addVerb(noun, reset))
    .option('--keep-others', 'leave the former ones as they are')
    .action(async (text: string, flags: NewSecretFlags & { keepOthers?: true }) =>
      end(await administer(async (session) => (await load()).resetSecret(session, text, flags))),
    )
  addCertificate(noun, end)
}

function addCertificate(noun: Command, end: End): void {
  const add = {
    usage: 'add-certificate <principal>',
    description: 'let a certificate prove one, or an authority vouch for certificates',
    example: 'service-principal add-certificate deployment --cert certificate.pem',
  }
  addVerb(noun, add)
    .requiredOption('--cert <file>', 'the certificate in PEM; a private key beside it stays here')
    .option('--subject-name <name>', 'it is an authority’s, which vouches for this subject: CN=deployment')
    .action(async (text: string, flags: AnswerFlags & { cert: string; subjectName?: string }) =>
      end(await administer(async (session) => (await load()).addCertificate(session, text, flags))),
    )
}

function addSecret(command: Command): Command {
  return command
    .option('--secret-file <file>', 'where the secret goes, for you alone')
    .option('--show-secret', 'print the secret')
    .option('--lifetime <span>', 'how long the secret is good: 30d (default: 180d)')
}
