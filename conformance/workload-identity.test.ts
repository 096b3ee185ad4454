/** The chain of Go's official client, unmodified, under `landfast run --as workload-identity`. */

import { basename, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { makeCommand } from '../test/cli/command.ts'
import { whatIsLacking } from '../test/privilege.ts'
import { buildClient, isBuilt } from './client-build.ts'
import { findClientFolders, whatIsMissing } from './client-folder.ts'

const RESOURCE = 'https://vault.azure.net'

/** From cold, with everything to be downloaded, and the machine busy. */
const BUILD_MILLISECONDS = 900_000

test('DefaultAzureCredential of Go has a token of its own', {
  timeout: BUILD_MILLISECONDS,
}, async (context) => {
  const go = findClientFolders(fileURLToPath(new URL('.', import.meta.url))).find(
    ({ folder }) => basename(folder) === 'go',
  )
  if (!go) throw new Error('there is no client program in Go')
  const lacking = whatIsLacking(['linux']) ?? (isBuilt(go) ? undefined : whatIsMissing(go))
  context.skip(lacking !== undefined, lacking)
  expect(buildClient(go)).toBeUndefined()
  const command = await makeCommand()
  try {
    const asked = {
      client: 'azidentity',
      credential: 'default',
      resource: RESOURCE,
      selector: null,
      calls: 1,
    }
    const program = go.run.map((argument) => resolve(go.folder, argument))
    const argv = ['run', '--as', 'workload-identity', '--', ...program, JSON.stringify(asked)]
    const { code, stdout } = await command.run(argv)
    expect(code).toBe(0)
    const answer = JSON.parse(stdout)
    expect(answer).toMatchObject({ outcome: 'token', claims: { aud: RESOURCE }, error: null })
    expect(answer.claims.xms_mirid).toMatch(/\/userAssignedIdentities\/workload$/)
  } finally {
    await command.remove()
  }
})
