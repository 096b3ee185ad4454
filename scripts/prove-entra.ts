/**
 * `npm run prove:entra`: tries Microsoft's own Entra ID with the agent's code and with MSAL, and prints what held. It
 * needs a tenant, so a person runs it.
 *
 * @see docs/entra.md
 * @module
 */

import { readFileSync } from 'node:fs'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { parseArgs } from 'node:util'
import { isEntraCloud } from '../packages/agent/src/machine/entra-clouds.ts'
import { type EntraTrial, tryEntra } from './entra-trial.ts'
import { end, runMain } from './foreground.mjs'

const USAGE = `usage: npm run prove:entra -- --tenant-id ID --client-id ID --certificate-file FILE [--cloud NAME] [--resource URL]

--tenant-id         the tenant
--client-id         the application in it
--certificate-file  PEM with the certificate that the application has, and its private key
--cloud             public (default), usgov or china
--resource          what a token is asked for; default: Azure Resource Manager of the cloud
--json              print the results as JSON

It asks for some tokens, prints none, and changes nothing in the tenant. Three of its requests are refused on purpose:
they are in the sign-in log of the application.
`

/** Azure Resource Manager, for which every tenant of Azure gives tokens. */
const RESOURCES = {
  public: 'https://management.azure.com',
  usgov: 'https://management.usgovcloudapi.net',
  china: 'https://management.chinacloudapi.cn',
} as const

await runMain(async () => {
  const { trial, json } = readArguments()
  const results = []
  for await (const result of tryEntra(trial)) {
    results.push(result)
    const { held, what, detail } = result
    if (!json) process.stdout.write(`${held ? 'held' : 'NOT '}  ${what}${detail && `: ${detail}`}\n`)
  }
  const held = results.filter((result) => result.held).length
  if (json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`)
  else process.stdout.write(`${held} of ${results.length} held\n`)
  return held === results.length ? 0 : 1
})

/** "--authority-host" and "--ca-file" are for a stand-in of Entra ID, by which this program is tested. */
function readArguments(): { trial: EntraTrial; json: boolean } {
  const text = { type: 'string' } as const
  const names = [
    'tenant-id',
    'client-id',
    'certificate-file',
    'resource',
    'authority-host',
    'ca-file',
  ] as const
  const flag = { type: 'boolean', default: false } as const
  try {
    const { values } = parseArgs({
      options: {
        ...(Object.fromEntries(names.map((name) => [name, text])) as Record<
          (typeof names)[number],
          typeof text
        >),
        cloud: { type: 'string', default: 'public' },
        json: flag,
        help: flag,
      },
    })
    if (values.help) return end(0, USAGE)
    const { cloud, resource } = values
    if (!isEntraCloud(cloud)) throw new TypeError(`there is no cloud "${cloud}"`)
    const ca = values['ca-file'] === undefined ? undefined : readFileSync(values['ca-file'], 'utf8')
    trustToo(ca)
    const trial = {
      cloud,
      tenantId: needed('tenant-id', values['tenant-id']),
      clientId: needed('client-id', values['client-id']),
      ...readCertificate(needed('certificate-file', values['certificate-file'])),
      resource: resource ?? RESOURCES[cloud],
      authorityHost: values['authority-host'],
      ca,
    }
    return { trial, json: values.json }
  } catch (error) {
    return end(2, `landfast: ${(error as Error).message}\n${USAGE}`)
  }
}

function needed(name: string, value: string | undefined): string {
  if (value) return value
  throw new TypeError(`"--${name}" is required`)
}

/** What is in the file is never quoted. */
function readCertificate(file: string): { privateKey: string; certificate: string } {
  const content = readFileSync(file, 'utf8')
  const [privateKey] =
    /-----BEGIN ([A-Z ]*)PRIVATE KEY-----.*?-----END \1PRIVATE KEY-----/s.exec(content) ?? []
  const [certificate] = /-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/s.exec(content) ?? []
  if (privateKey && certificate) return { privateKey, certificate }
  throw new TypeError(`"${file}" needs a certificate and its private key, in PEM`)
}

/** MSAL trusts what Node does; the agent trusts the CAs of this host as well. */
function trustToo(ca: string | undefined): void {
  setDefaultCACertificates([
    ...getCACertificates('default'),
    ...getCACertificates('system'),
    ...(ca === undefined ? [] : [ca]),
  ])
}
