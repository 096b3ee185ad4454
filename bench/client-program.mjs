/**
 * Gets tokens with one of two libraries and prints, as one JSON line, what that took.
 *
 * Usage: node client-program.mjs CLIENT TASK
 */

const [client = '', task = ''] = process.argv.slice(2)

/** Each call is long enough to be seen by the clock. */
const CACHED_MS = 400
const UNCACHED_CALLS = 150
const MANY = 1000

const tasks = { start, cached, crowded, uncached }
process.stdout.write(`${JSON.stringify(await tasks[task]())}\n`, () => process.exit(0))

async function credentialOf() {
  const [library, name] = client.split('#')
  const { [name]: Credential } = await import(library)
  return new Credential()
}

/** From nothing to the first token; the time is taken outside. */
async function start() {
  await (await credentialOf()).getToken('https://storage.azure.com/.default')
  return { peakMiB: process.resourceUsage().maxRSS / 1024 }
}

async function cached() {
  return await rateOf(await credentialOf(), ['https://storage.azure.com/.default'])
}

async function crowded() {
  return await rateOf(
    await credentialOf(),
    Array.from({ length: MANY }, (_, index) => `https://r${index}.example/.default`),
  )
}

/** Calls a second that are answered from the cache. */
async function rateOf(credential, scopes) {
  for (const scope of scopes) await credential.getToken(scope)
  let calls = 0
  const startedAt = performance.now()
  while (performance.now() - startedAt < CACHED_MS) {
    for (let turn = 0; turn < 20; turn++) await credential.getToken(scopes[calls++ % scopes.length])
  }
  return { perSecond: (calls * 1000) / (performance.now() - startedAt) }
}

/** Calls a second, each of which asks the endpoint: no resource comes twice. */
async function uncached() {
  const credential = await credentialOf()
  await credential.getToken('https://first.example/.default')
  const startedAt = performance.now()
  for (let call = 0; call < UNCACHED_CALLS; call++)
    await credential.getToken(`https://u${call}.example/.default`)
  return { perSecond: (UNCACHED_CALLS * 1000) / (performance.now() - startedAt) }
}
