/** Documents over real sockets, in the VM style and in Arc's. */

import { execFileSync } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { STYLES, type Style, WireError } from '@landfast/protocol'
import { RefusalLimit, SILENT_LOG } from '@landfast/server'
import { expect, onTestFinished, test } from 'vitest'
import { FakeClock } from '../../../../test/agent/fake-clock.ts'
import { FACTS } from '../../../../test/agent/instance-facts.ts'
import { exchange, get, type RawAnswer, valuesOf } from '../../../../test/agent/raw-http.ts'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { testWith } from '../../../../test/privilege.ts'
import {
  certificateAuthorityOf,
  generateCertificateAuthority,
} from '../../../control-plane/src/certificates/certificate-authority.ts'
import type { FindCaller } from '../caller/caller.ts'
import type { CertifyAttestation } from '../metadata/attestation-key.ts'
import { Documents } from '../metadata/documents.ts'
import { Metrics } from '../operation/metrics.ts'
import type { Admission } from '../policy/default-rule.ts'
import { createEndpointServer } from './endpoint-server.ts'
import { createGate } from './gate.ts'
import { MissingIdentities } from './missing-identities.ts'
import { createReadRequest } from './read-requests.ts'
import { RefusalLog } from './refusal-log.ts'
import { handleRequest, type Stations } from './request.ts'

const HEADERS = ['Host: 169.254.169.254', 'Metadata: true']

/** What a request for a token would meet. */
const NO_TOKENS = {
  keys: undefined,
  admit: undefined,
  rate: undefined,
  identities: { own: FACTS.identity, assigned: () => [], look: async () => true, refusal: () => undefined },
  policy: undefined,
  guard: undefined,
  tokens: { get: () => Promise.reject(new Error('no token is asked for')) },
  decisions: undefined,
  missing: new MissingIdentities(Date.now),
}

/** What a test may want otherwise. */
interface Changes {
  style?: Style
  certify?: CertifyAttestation
  findCaller?: FindCaller
  attest?: Admission
}

/** A server that answers requests for documents; it ends with the test. */
async function startDocuments({ style = STYLES.vm, certify, findCaller, attest }: Changes = {}) {
  const log = SILENT_LOG
  const documents = new Documents({
    kind: style.documents ?? 'vm',
    apiVersions: style.apiVersions,
    identity: FACTS.identity,
    facts: () => FACTS,
    standing: () => ({ status: 'Connected' }),
    certifyAttestation: certify,
    clock: new FakeClock(),
    log,
    interfaces: () => FACTS.interfaces,
  })
  const common = {
    styleName: 'arc',
    gate: createGate({ style }),
    findCaller:
      findCaller ??
      (async () => ({ userId: 0, user: 'root', program: undefined, findGroups: async () => [] })),
    metrics: new Metrics(new FakeClock()),
    refusals: new RefusalLog({ styleName: 'arc', log, limit: new RefusalLimit(Date.now) }),
  } as const
  const stations: Stations = {
    tokens: { ...common, ...NO_TOKENS, read: createReadRequest(), style },
    documents: { ...common, attest, documents },
  }
  const server = createEndpointServer((request, response) => {
    void handleRequest(stations, request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as { port: number }
  return (target: string, headers: readonly string[] = HEADERS) => exchange({ port }, get(target, ...headers))
}

const JSON_TYPE = ['application/json']
const TEXT_TYPE = ['text/plain; charset=utf-8']

function typeOf(answer: RawAnswer): string[] {
  return valuesOf(answer, 'content-type')
}

test('what msal-net reads after it found the token endpoint: compute as JSON in 2021-02-01', async () => {
  const ask = await startDocuments()
  const answer = await ask('/metadata/instance/compute?api-version=2021-02-01')
  expect([answer.status, typeOf(answer)]).toEqual([200, JSON_TYPE])
  const { location, name, osType, resourceId, subscriptionId, vmId } = JSON.parse(answer.body)
  expect([location, name, osType]).toEqual(['westeurope', 'web-1', 'Linux'])
  expect([resourceId, subscriptionId, vmId]).toEqual([
    FACTS.identity.resourceId,
    '5d6f1d5e-0d5f-4f0d-8a57-3c1d3a3f9a11',
    FACTS.vmId,
  ])
})

test('what AzCopy reads: vmSize as text in 2019-03-11, which is empty here', async () => {
  const ask = await startDocuments()
  const answer = await ask('/metadata/instance/compute/vmSize?api-version=2019-03-11&format=text')
  expect([answer.status, typeOf(answer), answer.body]).toEqual([200, TEXT_TYPE, ''])
})

test('what MSAL reads to find its region: the location as text', async () => {
  const ask = await startDocuments()
  const answer = await ask('/metadata/instance/compute/location?api-version=2020-06-01&format=text')
  expect([answer.status, typeOf(answer), answer.body]).toEqual([200, TEXT_TYPE, 'westeurope'])
})

test('what MSAL does when its version is refused: it asks without one, and takes the newest named', async () => {
  const ask = await startDocuments()
  const answer = await ask('/metadata/instance/compute?format=json')
  expect([answer.status, JSON.parse(answer.body)]).toEqual([
    400,
    {
      error:
        'Bad request. api-version is invalid or was not specified in the request. For more information refer to aka.ms/azureimds',
      'newest-versions': ['2025-04-07', '2024-07-17', '2024-03-15'],
    },
  ])
  const [newest] = JSON.parse(answer.body)['newest-versions']
  const again = await ask(`/metadata/instance/compute/location?api-version=${newest}&format=text`)
  expect(again.body).toBe('westeurope')
})

test('a version of the future is refused as the real service does, and the newest is named', async () => {
  const ask = await startDocuments()
  for (const path of ['/metadata/instance', '/metadata/attested/document', '/metadata/scheduledevents']) {
    const { status, body } = await ask(`${path}?api-version=2099-01-01`)
    expect([status, JSON.parse(body)['newest-versions'][0]]).toEqual([400, '2025-04-07'])
  }
})

test('single values and items of lists are given as text, and as JSON not', async () => {
  const ask = await startDocuments()
  const path = '/metadata/instance/compute/tagsList/1/value?api-version=2021-02-01'
  expect((await ask(`${path}&format=text`)).body).toBe('red')
  const refused = await ask(path)
  expect([refused.status, JSON.parse(refused.body)]).toEqual([
    400,
    { error: new WireError('format_text_required').message },
  ])
  const item = await ask('/metadata/instance/compute/tagsList/0?api-version=2021-02-01&format=json')
  expect(JSON.parse(item.body)).toEqual({ name: 'cost', value: '7' })
})

test('as text, a part with parts is the list of their names', async () => {
  const ask = await startDocuments()
  expect((await ask('/metadata/instance?api-version=2021-02-01&format=text')).body).toBe('compute/\nnetwork/')
  const address = '/metadata/instance/network/interface/0/ipv4/ipAddress/0'
  expect((await ask(`${address}?api-version=2017-08-01&format=text`)).body).toBe(
    'privateIpAddress\npublicIpAddress',
  )
})

test.each([
  ['/metadata/versions', { apiVersions: expect.arrayContaining(['2017-03-01', '2025-04-07']) }],
  ['/metadata/identity/info?api-version=2018-02-01', { tenantId: FACTS.identity.tenantId }],
  ['/metadata/scheduledevents?api-version=2020-07-01', { DocumentIncarnation: '1', Events: [] }],
  [
    '/metadata/loadbalancer?api-version=2020-10-01',
    { loadbalancer: { publicIpAddresses: [], inboundRules: [], outboundRules: [] } },
  ],
])('%s is answered', async (target, expected) => {
  const ask = await startDocuments()
  const answer = await ask(target)
  expect([answer.status, JSON.parse(answer.body)]).toEqual([200, expected])
})

test.each([
  '/metadata/instance/__proto__',
  '/metadata/instance/constructor',
  '/metadata/instance/compute/__proto__/toString',
  '/metadata/instance/compute/hasOwnProperty',
  '/metadata/instance/compute/tagsList/2',
  '/metadata/instance/compute/tagsList/-1',
  '/metadata/instance/compute/tagsList/length',
  '/metadata/instance/compute/location/0',
  '/metadata/instance/compute%2Flocation',
  '/metadata/instance/compute/../network',
  '/metadata/instance/%63ompute',
])('%s is not there', async (path) => {
  const ask = await startDocuments()
  for (const format of ['json', 'text']) {
    const { status, body } = await ask(`${path}?api-version=2021-02-01&format=${format}`)
    expect([status, JSON.parse(body)]).toEqual([404, { error: new WireError('path_unknown').message }])
  }
})

test('slashes that clients repeat or add are passed over', async () => {
  const ask = await startDocuments()
  const { body } = await ask('//metadata//instance/compute//location/?api-version=2021-02-01&format=text')
  expect(body).toBe('westeurope')
})

test.each([
  ['api-version=2021-02-01&format=xml', 'format_malformed'],
  ['api-version=2021-02-01&format=', 'format_malformed'],
  ['api-version=2021-02-01&format=json&format=text', 'parameter_repeated'],
  ['api-version=2021-02-01&api-version=2021-02-01', 'parameter_repeated'],
  ['api-version=%', 'query_malformed'],
  ['api-version=%FF', 'query_malformed'],
] as const)('the query "%s" is refused: %s', async (query, code) => {
  const ask = await startDocuments()
  const { status, body } = await ask(`/metadata/instance?${query}`)
  expect(status).toBe(400)
  expect(JSON.parse(body).error).toContain(new WireError(code).message)
})

test.each([
  ['/metadata/identity/getplatformmetadata?cred-api-version=2.0', []],
  ['/metadata/identity/getplatformmetadata?cred-api-version=2.0', ['Metadata: true']],
  ['/metadata/identity/issuecredential?cred-api-version=2.0', []],
  ['/metadata/anything', []],
  ['/agentstatus', ['Metadata: true']],
] as const)('%s with %j is unknown before any header is looked at', async (target, headers) => {
  const ask = await startDocuments()
  const { status, body } = await ask(target, headers)
  expect([status, JSON.parse(body).error]).toEqual([404, 'not_found'])
})

test('the gate comes before the document: host, proxy and the Metadata header', async () => {
  const ask = await startDocuments()
  const errors = async (...headers: string[]) => {
    const { status, body } = await ask('/metadata/instance', headers)
    return [status, JSON.parse(body).error_description]
  }
  const said = (code: ConstructorParameters<typeof WireError>[0]) => [400, new WireError(code).message]
  expect(await errors('Host: evil.example', 'Metadata: true')).toEqual(said('host_not_allowed'))
  const proxied = await errors('Host: localhost', 'Metadata: true', 'X-Forwarded-For: 1.2.3.4')
  expect(proxied).toEqual(said('request_proxied'))
  expect(await errors('Host: localhost')).toEqual(said('metadata_header_missing'))
})

/** A CA, and the way by which it certifies keys of the agent. */
async function certifier() {
  const now = new Date(new FakeClock().now())
  const ca = await certificateAuthorityOf(await generateCertificateAuthority(now), () => now)
  const certify: CertifyAttestation = (key) => ca.certifyAttestation(createPublicKey(key), 'a-client-id')
  return { ca: ca.certificate, certify }
}

testWith(
  ['openssl'],
  'the attested document is a signature of the nonce that OpenSSL verifies against the CA',
  async () => {
    const { ca, certify } = await certifier()
    const ask = await startDocuments({ certify })
    const { body } = await ask('/metadata/attested/document?api-version=2021-02-01&nonce=1234567890')
    const { encoding, signature } = JSON.parse(body)
    expect(encoding).toBe('pkcs7')
    const folder = temporaryFolder()
    const [signed, caFile] = [join(folder, 'signed'), join(folder, 'ca.pem')]
    writeFileSync(signed, Buffer.from(signature, 'base64'))
    writeFileSync(caFile, ca)
    const at = Math.floor(new FakeClock().now() / 1000)
    const args = ['cms', '-verify', '-inform', 'DER', '-in', signed, '-CAfile', caFile, '-attime', String(at)]
    const content = execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] })
    expect(JSON.parse(content.toString())).toMatchObject({
      nonce: '1234567890',
      vmId: FACTS.vmId,
      timeStamp: { createdOn: '01/15/27 08:00:00 -0000', expiresOn: '01/15/27 14:00:00 -0000' },
    })
  },
)

test('a nonce that is too long or malformed is refused', async () => {
  const { certify } = await certifier()
  const ask = await startDocuments({ certify })
  for (const nonce of ['1'.repeat(33), 'a'.repeat(10_000), '%22', '']) {
    const { status, body } = await ask(`/metadata/attested/document?api-version=2021-02-01&nonce=${nonce}`)
    expect([status, JSON.parse(body)]).toEqual([400, { error: new WireError('nonce_malformed').message }])
  }
})

test('while the control plane certifies nothing, the attested document says when to ask again', async () => {
  const ask = await startDocuments()
  const answer = await ask('/metadata/attested/document?api-version=2021-02-01')
  expect([answer.status, valuesOf(answer, 'retry-after')]).toEqual([503, ['10']])
})

test.each([
  '/metadata/instance?api-version=2021-02-01',
  '/metadata/attested/document?api-version=2021-02-01',
  '/metadata/versions',
])('only a process of this host is given %s', async (target) => {
  const { certify } = await certifier()
  const findCaller = async () => {
    throw new WireError('caller_not_local')
  }
  const ask = await startDocuments({ certify, findCaller })
  const { status, body } = await ask(target)
  expect([status, JSON.parse(body)]).toEqual([400, { error: new WireError('caller_not_local').message }])
})

test('who may not have tokens is not given the attested document, and the others are', async () => {
  const { certify } = await certifier()
  const ask = await startDocuments({
    certify,
    attest: () => {
      throw new WireError('caller_denied')
    },
  })
  const refused = await ask('/metadata/attested/document?api-version=2021-02-01')
  const { status, message } = new WireError('caller_denied')
  expect([refused.status, JSON.parse(refused.body)]).toEqual([status, { error: message }])
  expect((await ask('/metadata/instance?api-version=2021-02-01')).status).toBe(200)
})

test('on Arc the instance document has the versions of its token endpoint, and errors in its form', async () => {
  const ask = await startDocuments({ style: STYLES.arc })
  const { status, body } = await ask('/metadata/instance/compute?api-version=2020-06-01')
  expect([status, JSON.parse(body)]).toMatchObject([200, { osType: 'linux', publicKeys: null }])
  const refused = await ask('/metadata/instance?api-version=2018-02-01')
  expect([refused.status, JSON.parse(refused.body)]).toEqual([
    400,
    {
      error: 'invalid_request',
      error_description:
        'The api-version is not supported. Supported are 2021-02-01 2020-06-01 2019-11-01 2019-08-15',
      correlation_id: expect.any(String),
    },
  ])
  const keys = await ask('/metadata/instance/compute/publicKeys?api-version=2020-06-01')
  expect(keys.body).toBe('null')
})

test('on Arc the status of the agent is for whoever asks, but not through a proxy or by another name', async () => {
  const ask = await startDocuments({ style: STYLES.arc })
  const { status, body } = await ask('/agentstatus', ['Host: localhost:40342'])
  expect([status, JSON.parse(body)]).toMatchObject([200, { status: 'Connected', resourceName: 'web-1' }])
  expect((await ask('/agentstatus', ['Host: evil.example'])).status).toBe(400)
  expect((await ask('/agentstatus', ['Host: localhost', 'Via: 1.1 proxy'])).status).toBe(400)
})

test.each(['/metadata/versions', '/metadata/identity/info', '/metadata/attested/document'])(
  'on Arc there is no %s',
  async (path) => {
    const ask = await startDocuments({ style: STYLES.arc })
    expect((await ask(`${path}?api-version=2021-02-01`)).status).toBe(404)
  },
)
