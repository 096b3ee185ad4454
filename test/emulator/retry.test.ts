import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { createEmulator } from '@landfast/emulator'
import { expect, test } from 'vitest'

/** An application of its own process: for one process its library keeps tokens, and what the first credential said of retries. */
const APPLICATION = `
import { ManagedIdentityCredential } from '@azure/identity'
const retryOptions = process.env.MAX_RETRIES ? { maxRetries: Number(process.env.MAX_RETRIES) } : {}
const credential = new ManagedIdentityCredential({ retryOptions })
const { token } = await credential.getToken('api://orders/.default').catch(({ name }) => ({ token: name }))
console.log(token.slice(0, 10))`

async function runApplication(env: Readonly<Record<string, string>>): Promise<string> {
  const options = { env: { PATH: process.env.PATH ?? '', ...env }, cwd: import.meta.dirname }
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', APPLICATION], options)
  return (await run).stdout.trim()
}

test('an application that tries again gets a token although the service is busy at first', async () => {
  await using emulator = await createEmulator()
  await emulator.fault({ kind: 'status', status: 429, retryAfterSeconds: 1 })
  expect(await runApplication(emulator.env)).toMatch(/^ey/)
  expect(emulator.requests.map(({ status }) => status)).toEqual([429, 200])
})

test('the same application without its retries gets none', async () => {
  await using emulator = await createEmulator()
  await emulator.fault({ kind: 'status', status: 429, retryAfterSeconds: 1 })
  expect(await runApplication({ ...emulator.env, MAX_RETRIES: '0' })).toBe('Credential')
  expect(emulator.requests.map(({ status }) => status)).toEqual([429])
})
