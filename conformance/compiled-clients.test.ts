/** The official clients of Go, Java and Rust, unmodified, get the token of a system-assigned identity. */

import { basename, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeCommand, type TestCommand } from '../test/cli/command.ts'
import { whatIsLacking } from '../test/privilege.ts'
import { buildClient, isBuilt } from './client-build.ts'
import { type ClientFolder, findClientFolders, whatIsMissing } from './client-folder.ts'

const RESOURCE = 'https://vault.azure.net'

/** From cold, with everything to be downloaded, and the machine busy. */
const BUILD_MILLISECONDS = 900_000

const STYLES = ['app-service', 'arc'] as const

/** What a client says of a style that it knows and will not have. */
const REFUSED: Readonly<Record<string, string>> = {
  'azure-identity-rust as arc': "Azure Arc managed identity isn't supported",
}

const FOLDERS = findClientFolders(fileURLToPath(new URL('.', import.meta.url)))

/** The folder of the client program `language`. */
function clientOf(language: string): ClientFolder {
  const found = FOLDERS.find(({ folder }) => basename(folder) === language)
  if (!found) throw new Error(`there is no client program in ${language}`)
  return found
}

/** Why the program is not there, if the tools to build it are missing; throws if they failed. */
function whyNotBuilt(client: ClientFolder): string | undefined {
  const missing = isBuilt(client) ? undefined : whatIsMissing(client)
  if (missing !== undefined) return missing
  const broken = buildClient(client)
  if (broken !== undefined) throw new Error(broken)
  return undefined
}

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

/** What `client` prints that runs with an identity in `style`. */
async function ask(language: string, client: string, style: string, credential: string) {
  const { folder, run } = clientOf(language)
  // Paths are meant from the client's own folder, and the command runs in another.
  const argv = run.map((argument) =>
    argument
      .split(':')
      .map((part) => (part.startsWith('../') ? resolve(folder, part) : part))
      .join(':'),
  )
  const request = JSON.stringify({ client, credential, resource: RESOURCE, selector: null, calls: 2 })
  const { code, stdout } = await command.run(['run', '--as', style, '--', ...argv, request])
  expect(code).toBe(0)
  return JSON.parse(stdout)
}

describe.each(['go', 'java', 'rust', 'rust-beta'])('%s', (language) => {
  let lacking: string | undefined
  beforeAll(() => {
    lacking = whatIsLacking(['linux']) ?? whyNotBuilt(clientOf(language))
  }, BUILD_MILLISECONDS)

  for (const { name, version } of clientOf(language).clients) {
    for (const style of STYLES) {
      test(`${name} ${version} as ${style}`, async (context) => {
        const reason = lacking ?? (style === 'arc' ? whatIsLacking(['namespaces']) : undefined)
        context.skip(reason !== undefined, reason)
        const answer = await ask(language, name, style, 'managed-identity')
        expect(answer).toMatchObject({ client: name, version })
        const refused = REFUSED[`${name} as ${style}`]
        if (refused) {
          expect(answer).toMatchObject({ outcome: 'error', error: expect.stringContaining(refused) })
          return
        }
        expect(answer).toMatchObject({ outcome: 'token', calls: 2, error: null, claims: { aud: RESOURCE } })
        expect(answer.claims.xms_mirid).toMatch(/\/Microsoft\.HybridCompute\/machines\//)
        expect(answer.expiresOn * 1000).toBeGreaterThan(Date.now())
      })
    }
  }
})

for (const [language, name] of [
  ['go', 'azidentity'],
  ['java', 'azure-identity-java'],
] as const) {
  test(`DefaultAzureCredential of ${name} as arc`, { timeout: BUILD_MILLISECONDS }, async (context) => {
    const lacking = whatIsLacking(['linux', 'namespaces']) ?? whyNotBuilt(clientOf(language))
    context.skip(lacking !== undefined, lacking)
    const answer = await ask(language, name, 'arc', 'default')
    expect(answer).toMatchObject({ outcome: 'token', claims: { aud: RESOURCE } })
  })
}
