/**
 * An emulator as a test starts it, to its first token. Prints the milliseconds of each step and the memory as one JSON line.
 *
 * @module
 */

const startedAt = performance.now()
const { createEmulator } = await import('@landfast/emulator')
const loaded = performance.now()
const first = await timeOf()
const second = await timeOf()
const { rss } = process.memoryUsage()
process.stdout.write(JSON.stringify({ load: loaded - startedAt, first, second, rssMiB: rss / 2 ** 20 }))

/** From the call to a token in hand. */
async function timeOf(): Promise<number> {
  const before = performance.now()
  await using emulator = await createEmulator()
  const { IDENTITY_ENDPOINT: url, IDENTITY_HEADER: secret = '' } = emulator.env
  const answer = await fetch(`${url}?api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net`, {
    headers: { 'X-IDENTITY-HEADER': secret },
  })
  const { access_token: token } = (await answer.json()) as { access_token?: string }
  if (!token) throw new Error(`the emulator answered ${answer.status}`)
  return performance.now() - before
}
