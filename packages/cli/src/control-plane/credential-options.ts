/**
 * The flags that name files with a credential, for every command that calls a control plane.
 *
 * @module
 */

import type { Command } from 'commander'

/** Adds them to `command`, with what says which control plane it is and how it is reached. */
export function addCredentialFileOptions(command: Command): Command {
  return addProxyOptions(command)
    .option('-i, --service-principal-id <id>', 'the client id of a service principal')
    .option('--service-principal-secret-file <file>', 'its secret; "-" is standard input')
    .option('--service-principal-cert <file>', 'its certificate and private key, both in one PEM file')
    .option('--federated-token-file <file>', 'a token of a CI job or the like that it trusts')
    .option('--access-token-file <file>', 'an access token for https://management.azure.com')
    .option('-t, --tenant-id <id>', 'the tenant (default: the one that the control plane names)')
    .option('--ca-file <file>', 'the certificate of its CA (PEM), unless this host trusts it anyway')
    .option('--use-system-ca', 'trust the CAs of this host beside that of --ca-file or of a join token')
}

/** Adds the flags that name a proxy. */
export function addProxyOptions(command: Command): Command {
  return command
    .option('--proxy-url <url>', 'the HTTP proxy, http://HOST:PORT (LANDFAST_PROXY_URL, else HTTPS_PROXY)')
    .option('--proxy-bypass <list>', 'hosts past it, with commas (LANDFAST_PROXY_BYPASS, else NO_PROXY)')
    .option('--proxy-credentials-file <file>', 'USER:PASSWORD for it (LANDFAST_PROXY_CREDENTIALS_FILE)')
    .option('--proxy-ca-file <file>', 'CAs (PEM) of a proxy that opens or takes TLS (LANDFAST_PROXY_CA_FILE)')
}
