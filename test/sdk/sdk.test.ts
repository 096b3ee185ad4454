import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeCommand, type TestCommand } from '../cli/command.ts'

const PROGRAM = fileURLToPath(new URL('client.ts', import.meta.url))
const FOREIGN_CLIENT_ID = '11111111-2222-3333-4444-555555555555'
const CLIENTS = ['ManagedIdentityCredential', 'DefaultAzureCredential', 'ManagedIdentityApplication']

const OUR_SENTENCE = 'the selected identity is not assigned to this machine'
const OWN_REFUSAL =
  /the selected identity is not assigned|unable_to_create_cloud_shell|does not support user-assigned|not supported|specified/i

/**
 * Each style that the SDKs know, and the requests that ten calls may cost: the SDK's own cache must answer the other
 * nine. With TLS nobody can count. Where an SDK itself refuses to select an identity, it may show its own sentence.
 */
const STYLES = [
  { style: 'app-service', requests: 1, unassigned: OUR_SENTENCE },
  { style: 'arc', requests: 2, unassigned: OUR_SENTENCE },
  { style: 'vm', requests: 1, unassigned: OUR_SENTENCE },
  { style: 'azure-ml', requests: 1, unassigned: OUR_SENTENCE },
  { style: 'cloud-shell', requests: 1, unassigned: OWN_REFUSAL },
  { style: 'service-fabric', requests: undefined, unassigned: OWN_REFUSAL },
]

let command: TestCommand
let whyNoArc: string | undefined
beforeAll(async () => {
  command = await makeCommand()
  const { code, stderr } = await command.run(['run', '--as', 'arc', '--', 'true'])
  whyNoArc = code === 0 ? undefined : stderr.trim()
})
afterAll(() => command.remove())

for (const { style, requests, unassigned } of STYLES) {
  describe(`${style} style`, () => {
    for (const client of CLIENTS) {
      test(`${client} gets one token for ten calls, with ${requests ?? 'uncounted'} requests`, async ({
        skip,
      }) => {
        skip(style === 'arc' && whyNoArc !== undefined, whyNoArc)
        const line = await ask(style, [client])
        expect(line).toMatchObject({ client, tokens: 1 })
        expect(line.requests).toBe(requests)
        expect(line.claims).toMatchObject({ aud: 'https://storage.azure.com', idtyp: 'app', ver: '1.0' })
      })

      test(`${client} shows why it has no token of an identity that is not assigned`, async ({ skip }) => {
        skip(style === 'arc' && whyNoArc !== undefined, whyNoArc)
        const { error } = await ask(style, [client, FOREIGN_CLIENT_ID])
        // The default chain goes on to the next credential when an SDK itself has refused, and names only that one.
        const isPassedOver = unassigned === OWN_REFUSAL && client === 'DefaultAzureCredential'
        expect(error).toMatch(isPassedOver ? 'ChainedTokenCredential authentication failed' : unassigned)
      })
    }
  })
}

describe('a workload identity', () => {
  for (const client of [
    'ManagedIdentityCredential',
    'DefaultAzureCredential',
    'WorkloadIdentityCredential',
  ]) {
    test(`${client} exchanges the file for a token of another identity than the machine's`, async () => {
      const line = await ask('workload-identity', [client])
      expect(line).toMatchObject({
        client,
        claims: { aud: 'https://storage.azure.com', idtyp: 'app' },
      })
      expect(line.claims.xms_mirid).toMatch(/\/userAssignedIdentities\/workload$/)
    })
  }
})

async function ask(style: string, args: readonly string[]) {
  const [node = ''] = command.argv
  const { stdout, stderr } = await command.run(['run', '--as', style, '--', node, PROGRAM, ...args])
  if (!stdout) throw new Error(`the program said nothing: ${stderr}`)
  return JSON.parse(stdout)
}
