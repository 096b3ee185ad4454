/** The official clients of Go, Java and Rust, unmodified, get the token of a system-assigned identity. */

import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeCommand, type TestCommand } from '../test/cli/command.ts'
import { whatIsLacking } from '../test/privilege.ts'
import { ensureBuilt, folderOf, readClient } from './compiled-client.ts'

const RESOURCE = 'https://vault.azure.net'

/** From cold, with everything to be downloaded, and the machine busy. */
const BUILD_MILLISECONDS = 900_000

const STYLES = ['app-service', 'arc'] as const

/** What a client says of a style that it knows and will not have. */
const REFUSED: Readonly<Record<string, string>> = {
  'azure-identity-rust as arc': "Azure Arc managed identity isn't supported",
}

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

/** What `client` prints that runs with an identity in `style`. */
async function ask(language: string, client: string, style: string, credential: string) {
  const folder = folderOf(language)
  // Paths are meant from the client's own folder, and the command runs in another.
  const argv = readClient(language).run.map((argument) =>
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
    lacking = whatIsLacking(['linux']) ?? ensureBuilt(language)
  }, BUILD_MILLISECONDS)

  for (const { name, version } of readClient(language).clients) {
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
    const lacking = whatIsLacking(['linux', 'namespaces']) ?? ensureBuilt(language)
    context.skip(lacking !== undefined, lacking)
    const answer = await ask(language, name, 'arc', 'default')
    expect(answer).toMatchObject({ outcome: 'token', claims: { aud: RESOURCE } })
  })
}
