/**
 * `landfast service-principal` and its flags.
 *
 * @module
 */

import type { Command } from 'commander'
import type { Noun } from './noun.ts'
import { addYes } from './verb-flags.ts'

const load = () => import('./service-principal.ts')

/** The commands. */
export const SERVICE_PRINCIPAL: Noun = {
  name: 'service-principal',
  description: 'make applications that get tokens by a secret or a certificate',
  verbs: [
    {
      usage: 'create <name>',
      description: 'make one, with a secret if something says where that is to go',
      example: 'service-principal create deployment --secret-file deployment.secret',
      flags: addSecret,
      load: async () => (await load()).createServicePrincipal,
    },
    {
      usage: 'list',
      description: 'list them',
      example: 'service-principal list',
      load: async () => (await load()).listServicePrincipals,
    },
    {
      usage: 'delete <principal>',
      description: 'delete one for ever, by its object id, client id or name',
      example: 'service-principal delete deployment',
      flags: addYes,
      load: async () => (await load()).deleteServicePrincipal,
    },
    {
      usage: 'reset-secret <principal>',
      description: 'make a new secret; then the former ones prove nothing any more',
      example: 'service-principal reset-secret deployment --secret-file deployment.secret',
      flags: (command) => addSecret(command).option('--keep-others', 'leave the former ones as they are'),
      load: async () => (await load()).resetSecret,
    },
    {
      usage: 'add-certificate <principal>',
      description: 'let a certificate prove one, or an authority vouch for certificates',
      example: 'service-principal add-certificate deployment --cert certificate.pem',
      flags: addCertificate,
      load: async () => (await load()).addCertificate,
    },
  ],
}

function addSecret(command: Command): Command {
  return command
    .option('--secret-file <file>', 'where the secret goes, for you alone')
    .option('--show-secret', 'print the secret')
    .option('--lifetime <span>', 'how long the secret is good: 30d (default: 180d)')
}

function addCertificate(command: Command): Command {
  return command
    .requiredOption('--cert <file>', 'the certificate in PEM; a private key beside it stays here')
    .option('--subject-name <name>', 'it is an authority’s, which vouches for this subject: CN=deployment')
}
