import { createHash, X509Certificate } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { get } from 'node:https'
import { ONBOARDING_PATH, parseJoinToken } from '@landfast/protocol'
import { expect, onTestFinished, test } from 'vitest'
import { checkOptions } from '../options.ts'
import { startControlPlane } from '../running-control-plane.ts'
import { makeCertificate } from '../testing/issuer-keys.ts'
import { makeKeys, temporaryFolder } from '../testing/trial.ts'
import { startTrialOnboarding } from '../testing/trial-onboarding.ts'
import { ROLE } from '../testing/trial-resource-manager.ts'
import { sweepJoinTokens } from './join-tokens.ts'

const PATH = ONBOARDING_PATH.joinTokens
const DAY_SECONDS = 86_400

test('a join token is for one machine, one hour and one group, and carries address and fingerprint', async () => {
  const trial = await startTrialOnboarding()
  const { status, body } = await trial.makeJoinToken()
  const { token, ...rest } = body
  const time = trial.clock.now()
  expect([status, rest]).toEqual([
    201,
    {
      id: expect.any(String),
      subscriptionId: trial.subscriptionId,
      resourceGroup: 'shop',
      location: 'local',
      tags: {},
      uses: 1,
      usesLeft: 1,
      expiresAt: new Date(time.getTime() + 3_600_000).toISOString(),
      createdAt: time.toISOString(),
      createdBy: trial.owner.principalId,
    },
  ])
  const { raw } = new X509Certificate(await readFile(trial.controlPlane.caFile))
  expect(parseJoinToken(token)).toEqual({
    url: trial.controlPlane.url,
    caFingerprint: createHash('sha256').update(raw).digest('base64url'),
    secret: expect.stringMatching(/^[\w-]{43}$/),
  })
})

test('a group that is there gives its name and location', async () => {
  const trial = await startTrialOnboarding()
  await trial.makeJoinToken({ location: 'cellar' })
  const { body } = await trial.makeJoinToken({ resourceGroup: 'SHOP' })
  expect([body.resourceGroup, body.location]).toEqual(['shop', 'cellar'])
})

test('the list has no text of a token, and shows how often it was used', async () => {
  const trial = await startTrialOnboarding()
  const secret = await trial.joinSecret({ uses: 3 })
  await trial.enrol(secret, await makeKeys())
  const { body } = await trial.ask(PATH)
  expect(body.value).toHaveLength(1)
  expect(body.value[0]).toMatchObject({ uses: 3, usesLeft: 2 })
  expect(JSON.stringify(body)).not.toContain(secret)
})

test('the list comes page by page, newest first, and tells nothing of tokens that may not be seen', async () => {
  const trial = await startTrialOnboarding()
  const made: string[] = []
  for (const resourceGroup of ['shop', 'other', 'other', 'shop', 'shop']) {
    made.push((await trial.makeJoinToken({ resourceGroup })).body.id)
    trial.clock.advance(1)
  }
  const pages = async (query: string, as = trial.owner) => {
    const found: string[][] = []
    for (let next = `${PATH}${query}`; next !== ''; ) {
      const { body } = await trial.ask(next, { as })
      found.push(body.value.map(({ id }: { id: string }) => id))
      next = body.nextLink?.replace(trial.controlPlane.url, '') ?? ''
    }
    return found
  }
  const [first, , , fourth, fifth] = made
  expect(await pages('')).toEqual([made.toReversed()])
  expect((await pages('?$top=2')).map((page) => page.length)).toEqual([2, 2, 1])
  expect((await pages('?$top=2')).flat()).toEqual(made.toReversed())
  const scope = `/subscriptions/${trial.subscriptionId}/resourceGroups/shop`
  const reader = await trial.addCaller({ id: ROLE.reader, scope })
  expect(await pages('?$top=2', reader)).toEqual([[fifth, fourth], [first]])
  expect(await pages('?$top=2', await trial.addCaller())).toEqual([[]])
  expect((await trial.ask(`${PATH}?$top=no`)).status).toBe(400)
})

test('one token is shown to who may read its group, without its text, and is missing when it was taken back', async () => {
  const trial = await startTrialOnboarding()
  const { body: made } = await trial.makeJoinToken({ uses: 3 })
  const { token, ...rest } = made
  const group = `/subscriptions/${trial.subscriptionId}/resourceGroups/shop`
  const reader = await trial.addCaller({ id: ROLE.reader, scope: group })
  const other = await trial.addCaller()
  const show = async (as = trial.owner, id = made.id) => {
    const { status, body } = await trial.ask(`${PATH}/${id}`, { as })
    return [status, body]
  }
  const shown = { ...rest, machines: [] }
  expect(await show()).toEqual([200, shown])
  expect(await show(reader, made.id.toUpperCase())).toEqual([200, shown])
  expect((await show(other))[0]).toBe(403)
  await trial.ask(`${PATH}/${made.id}`, { method: 'DELETE' })
  for (const id of [made.id, 'none']) {
    expect(await show(trial.owner, id)).toMatchObject([404, { error: { code: 'HttpResourceNotFound' } }])
  }
})

test('one token is shown with the machines that joined by it and are still there, the latest first', async () => {
  const trial = await startTrialOnboarding()
  const { body: made } = await trial.makeJoinToken({ uses: 3 })
  const secret = parseJoinToken(made.token)?.secret ?? ''
  const group = `/subscriptions/${trial.subscriptionId}/resourceGroups/shop/providers/Microsoft.HybridCompute/machines`
  for (const name of ['web-1', 'web-2', 'web-3']) {
    trial.clock.advance(1)
    expect((await trial.enrol(secret, await makeKeys(), { name })).status).toBe(201)
  }
  const joinedAt = trial.clock.now().toISOString()
  await trial.ask(`${group}/web-2?api-version=2025-01-13`, { method: 'DELETE' })
  const { body } = await trial.ask(`${PATH}/${made.id}`)
  expect(body.machines).toEqual([
    { resourceId: `${group}/web-3`, joinedAt },
    { resourceId: `${group}/web-1`, joinedAt: expect.any(String) },
  ])
})

test('a token that was deleted is gone, and deleting it again changes nothing', async () => {
  const trial = await startTrialOnboarding()
  const { body } = await trial.makeJoinToken()
  const remove = () => trial.ask(`${PATH}/${body.id}`, { method: 'DELETE' })
  expect([(await remove()).status, (await remove()).status]).toEqual([200, 204])
  expect((await trial.ask(PATH)).body.value).toEqual([])
  expect(await trial.audited('create-join-token')).toHaveLength(1)
  expect(await trial.audited('delete-join-token')).toHaveLength(1)
})

test('a token that was used is deleted as well: it lets nobody in, and its machine gets no answer by it again', async () => {
  const trial = await startTrialOnboarding()
  const secret = await trial.joinSecret({ uses: 2 })
  const keys = await makeKeys()
  expect((await trial.enrol(secret, keys)).status).toBe(201)
  expect((await trial.enrol(secret, keys)).status).toBe(200)
  const [{ id, usesLeft }] = (await trial.ask(PATH)).body.value
  expect(usesLeft).toBe(1)
  expect((await trial.ask(`${PATH}/${id}`, { method: 'DELETE' })).status).toBe(200)
  for (const joiner of [keys, await makeKeys()]) {
    expect((await trial.enrol(secret, joiner, { name: 'again' })).body.error?.code).toBe('JoinTokenRefused')
  }
  expect(await trial.storage.db.selectFrom('join_token_use').selectAll().execute()).toEqual([])
})

test('a token for one machine lets no second in, and the first again', async () => {
  const trial = await startTrialOnboarding()
  const secret = await trial.joinSecret()
  const keys = await makeKeys()
  expect((await trial.enrol(secret, keys)).status).toBe(201)
  const second = await trial.enrol(secret, await makeKeys(), { name: 'second' })
  expect(second.body.error?.code).toBe('JoinTokenRefused')
  expect((await trial.enrol(secret, keys)).status).toBe(200)
  expect((await trial.ask(PATH)).body.value).toMatchObject([{ uses: 1, usesLeft: 0 }])
})

test('who may not write machines in the group makes and deletes no token; who may not read sees none', async () => {
  const trial = await startTrialOnboarding()
  const { body } = await trial.makeJoinToken()
  const scope = `/subscriptions/${trial.subscriptionId}/resourceGroups/shop`
  const reader = await trial.addCaller({ id: ROLE.reader, scope })
  const stranger = await trial.addCaller()
  for (const as of [reader, stranger]) {
    expect((await trial.makeJoinToken({}, { as })).body.error.code).toBe('AuthorizationFailed')
    expect((await trial.ask(`${PATH}/${body.id}`, { method: 'DELETE', as })).status).toBe(403)
  }
  expect((await trial.ask(PATH, { as: reader })).body.value).toHaveLength(1)
  expect((await trial.ask(PATH, { as: stranger })).body.value).toEqual([])
  expect((await trial.ask(PATH, { as: undefined })).status).toBe(401)
})

test('the onboarding role is enough for a token, in its own group and in no other', async () => {
  const trial = await startTrialOnboarding()
  await trial.makeJoinToken()
  const scope = `/subscriptions/${trial.subscriptionId}/resourceGroups/shop`
  const as = await trial.addCaller({ id: ROLE.onboarding, scope })
  expect((await trial.makeJoinToken({}, { as })).status).toBe(201)
  expect((await trial.makeJoinToken({ resourceGroup: 'other' }, { as })).status).toBe(403)
})

const REFUSED: [what: string, body: Record<string, unknown>, status: number][] = [
  ['no group', { resourceGroup: undefined }, 400],
  ['a malformed group', { resourceGroup: 'a/b' }, 400],
  ['a malformed location', { location: 'a b' }, 400],
  ['no use', { uses: 0 }, 400],
  ['half a use', { uses: 1.5 }, 400],
  ['too many uses', { uses: 10_001 }, 400],
  ['uses as text', { uses: '1' }, 400],
  ['less than a minute', { lifetimeSeconds: 59 }, 400],
  ['more than thirty days', { lifetimeSeconds: 30 * DAY_SECONDS + 1 }, 400],
  ['tags that are no text', { tags: { a: {} } }, 400],
  ['a field that there is not', { lifetime: 5 }, 400],
  ['a malformed subscription', { subscriptionId: 'x' }, 400],
  ['an unknown subscription', { subscriptionId: '00000000-0000-0000-0000-000000000000' }, 404],
]
test('what a token cannot be made for is refused', async () => {
  const trial = await startTrialOnboarding()
  for (const [what, changes, status] of REFUSED) {
    const answer = await trial.makeJoinToken(changes)
    expect([what, answer.status]).toEqual([what, status])
  }
  expect((await trial.makeJoinToken({ lifetimeSeconds: 30 * DAY_SECONDS, uses: 10_000 })).status).toBe(201)
})

test('tokens are swept a day after their end, with what they were spent for', async () => {
  const trial = await startTrialOnboarding()
  const { storage, clock } = trial
  await trial.enrol(await trial.joinSecret(), await makeKeys())
  await trial.joinSecret({ lifetimeSeconds: 30 * DAY_SECONDS })
  clock.advance(3600 + DAY_SECONDS)
  expect(await sweepJoinTokens(storage.db, clock.now())).toBe(false)
  expect(await storage.db.selectFrom('join_token').selectAll().execute()).toHaveLength(2)
  clock.advance(1)
  await sweepJoinTokens(storage.db, clock.now())
  expect(await storage.db.selectFrom('join_token').selectAll().execute()).toHaveLength(1)
  expect(await storage.db.selectFrom('join_token_use').selectAll().execute()).toEqual([])
})

/** What is at the path of the CA certificate; `ca` is trusted. */
function fetchCa(url: string, ca: string): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = get(url + ONBOARDING_PATH.caCertificate, { ca, agent: false }, async (answer) => {
      resolve({ status: answer.statusCode, text: (await answer.toArray()).join('') })
    })
    outgoing.on('error', reject)
  })
}

test('anyone may fetch the CA certificate', async () => {
  const { controlPlane } = await startTrialOnboarding()
  const ca = await readFile(controlPlane.caFile, 'utf8')
  expect(await fetchCa(controlPlane.url, ca)).toEqual({ status: 200, text: ca })
})

test('where the operator gave the server its certificate, there is no CA to fetch', async () => {
  const { key, certificate } = await makeCertificate([{ type: 'ip', value: '127.0.0.1' }])
  const stateFolder = await temporaryFolder()
  const files = await temporaryFolder()
  const tls = { certificateFile: `${files}/server.pem`, keyFile: `${files}/server-key.pem` }
  await writeFile(tls.certificateFile, certificate)
  await writeFile(tls.keyFile, key)
  const running = await startControlPlane(checkOptions({ stateFolder, tls }))
  onTestFinished(() => running.close())
  const { status, text } = await fetchCa(running.url, certificate)
  expect([status, JSON.parse(text).error.code]).toEqual([404, 'HttpResourceNotFound'])
})
