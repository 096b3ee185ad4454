/**
 * Gets tokens with one of two libraries and prints, as one JSON line, what that took.
 *
 * Usage: node client-program.mjs CLIENT TASK SCALE
 */

const [client = '', task = '', scale = '1'] = process.argv.slice(2)

/** What Node takes by itself: nothing, and the request of `ManagedIdentityCredential` with nothing around it. */
const BARE = { 'bare#nothing': async () => {}, 'bare#http': askByHttp, 'bare#socket': askBySocket }

/** Each call is long enough to be seen by the clock. */
const CACHED_MS = 400 * Number(scale)
const UNCACHED_CALLS = Math.ceil(150 * Number(scale))
const MANY = Math.ceil(1000 * Number(scale))

const tasks = { start, cached, crowded, uncached }
process.stdout.write(`${JSON.stringify(await tasks[task]())}\n`, () => process.exit(0))

async function credentialOf() {
  const [library, name] = client.split('#')
  const { [name]: Credential } = await import(library)
  return new Credential()
}

/** From nothing to the first token; the time is taken outside. */
async function start() {
  const bare = BARE[client]
  if (bare) await bare()
  else await (await credentialOf()).getToken('https://storage.azure.com/.default')
  const { user, system } = process.cpuUsage()
  return { peakMiB: process.resourceUsage().maxRSS / 1024, processorMs: (user + system) / 1000 }
}

function askByHttp() {
  const { request } = process.getBuiltinModule('node:http')
  const { IDENTITY_HEADER } = process.env
  return new Promise((resolve) => {
    const outgoing = request(
      endpoint(),
      { headers: { 'X-IDENTITY-HEADER': IDENTITY_HEADER } },
      (incoming) => {
        let body = ''
        incoming.on('data', (part) => {
          body += part
        })
        incoming.on('end', () => resolve(JSON.parse(body)))
      },
    )
    outgoing.end()
  })
}

/** Reads what this very agent sends and no more, so it is the least that a reader of sockets would take. */
function askBySocket() {
  const { connect } = process.getBuiltinModule('node:net')
  const { hostname, port, host, pathname, search } = endpoint()
  const head = `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nX-IDENTITY-HEADER: ${process.env.IDENTITY_HEADER}\r\n`
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(Number(port), hostname, () => socket.write(`${head}Connection: close\r\n\r\n`))
    socket.on('data', (part) => {
      answer += part
    })
    socket.on('end', () => resolve(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))))
  })
}

function endpoint() {
  const query = new URLSearchParams({ 'api-version': '2019-08-01', resource: 'https://storage.azure.com' })
  return new URL(`${process.env.IDENTITY_ENDPOINT}?${query}`)
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
