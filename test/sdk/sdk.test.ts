import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeCommand, type TestCommand } from '../cli/command.ts'

const PROGRAM = fileURLToPath(new URL('client.ts', import.meta.url))
const FOREIGN_CLIENT_ID = '11111111-2222-3333-4444-555555555555'
const CLIENTS = ['ManagedIdentityCredential', 'DefaultAzureCredential', 'ManagedIdentityApplication']

/** Each style, and the requests that ten calls may cost: the SDK's own cache must answer the other nine. */
const STYLES = [
  { style: 'app-service', requests: 1 },
  { style: 'arc', requests: 2 },
]

let command: TestCommand
let whyNoArc: string | undefined
beforeAll(async () => {
  command = await makeCommand()
  const { code, stderr } = await command.run(['run', '--as', 'arc', '--', 'true'])
  whyNoArc = code === 0 ? undefined : stderr.trim()
})
afterAll(() => command.remove())

for (const { style, requests } of STYLES) {
  describe(`${style} style`, () => {
    for (const client of CLIENTS) {
      test(`${client} gets one token for ten calls, with ${requests} requests`, async ({ skip }) => {
        skip(style === 'arc' && whyNoArc !== undefined, whyNoArc)
        const line = await ask(style, [client])
        expect(line).toMatchObject({ client, requests, tokens: 1 })
        expect(line.claims).toMatchObject({ aud: 'https://storage.azure.com', idtyp: 'app', ver: '1.0' })
      })

      test(`${client} shows our sentence when an identity is not assigned`, async ({ skip }) => {
        skip(style === 'arc' && whyNoArc !== undefined, whyNoArc)
        const { error } = await ask(style, [client, FOREIGN_CLIENT_ID])
        expect(error).toContain('the selected identity is not assigned to this machine')
        expect(error).toContain('client_id')
      })
    }
  })
}

async function ask(style: string, args: readonly string[]) {
  const [node = ''] = command.argv
  const { stdout, stderr } = await command.run(['run', '--as', style, '--', node, PROGRAM, ...args])
  if (!stdout) throw new Error(`the program said nothing: ${stderr}`)
  return JSON.parse(stdout)
}
