/**
 * Reads a secret from a key vault with `@landfast/client`.
 *
 * KEY_VAULT_URL  for example https://NAME.vault.azure.net
 * SECRET_NAME    which of its secrets
 */

import { SecretClient } from '@azure/keyvault-secrets'
import { DefaultCredential } from '@landfast/client'

const { KEY_VAULT_URL, SECRET_NAME } = process.env
if (!KEY_VAULT_URL || !SECRET_NAME) throw new Error('set KEY_VAULT_URL and SECRET_NAME')

const vault = new SecretClient(KEY_VAULT_URL, new DefaultCredential())
const { value = '', properties } = await vault.getSecret(SECRET_NAME)
// The program goes on with the value; what it prints does not show it.
process.stdout.write(`${properties.id} has ${value.length} characters\n`)
