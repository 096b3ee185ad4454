import { Writable } from 'node:stream'
import { CLIENT_CREDENTIALS } from '@landfast/protocol'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { checkOptions } from '../options.ts'
import { startControlPlane } from '../running-control-plane.ts'
import { RESOURCE, send, type startTrial, temporaryFolder, tokenUrl } from '../testing/trial.ts'
import { makeTrialApplication } from '../testing/trial-application.ts'

const GRANT = { grant_type: CLIENT_CREDENTIALS, scope: `${RESOURCE}/.default` }

/** A control plane with an application, asked over HTTPS, and everything that it logs. */
async function start() {
  let logged = ''
  const stream = new Writable({
    write: (part, _encoding, done) => {
      logged += part
      done()
    },
  })
  const stateFolder = await temporaryFolder()
  const log = pino({ level: 'trace' }, stream)
  const running = await startControlPlane(checkOptions({ stateFolder, log }))
  const { storage } = running
  const { id: tenantId } = await storage.db.selectFrom('tenant').select('id').executeTakeFirstOrThrow()
  const application = await makeTrialApplication({ storage, tenantId }, { time: new Date() })
  const caFile = `${stateFolder}/ca.pem`
  const reached = { url: running.url, caFile } as Awaited<ReturnType<typeof startTrial>>['controlPlane']
  const ask = (form: Record<string, string>, headers: Record<string, string> = {}) =>
    send(reached, tokenUrl(reached, tenantId), { form: { ...GRANT, ...form }, headers })
  return { running, application, ask, logged: () => logged }
}

function basic(clientId: string, secret: string): { Authorization: string } {
  return { Authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` }
}

test('a secret in the form or the header gets a token, and is in no log and no row', async () => {
  const { running, application, ask, logged } = await start()
  const { clientId, secret } = application
  const form = await ask({ client_id: clientId, client_secret: secret })
  const header = await ask({}, basic(clientId, secret))
  const spoilt = await ask({ client_id: clientId, client_secret: secret, scope: '' })
  const doubled = await ask({ client_secret: secret }, basic(clientId, secret))
  expect([form, header, spoilt, doubled].map(({ status }) => status)).toEqual([200, 200, 400, 400])
  const { db } = running.storage
  const rows = [
    await db.selectFrom('audit').selectAll().execute(),
    await db.selectFrom('client_secret').selectAll().execute(),
    await db.selectFrom('assertion').selectAll().execute(),
  ]
  await running.close()
  expect(logged()).toContain('token issued')
  const written = [logged(), JSON.stringify(rows), JSON.stringify([spoilt.body, doubled.body])].join()
  for (const text of [secret, basic(clientId, secret).Authorization.slice(6), form.body.access_token]) {
    expect(written).not.toContain(text)
  }
})

test('who used the header is asked for it in a 401, and who did not is not', async () => {
  const { running, application, ask } = await start()
  const { clientId } = application
  const challenged = await ask({}, basic(clientId, 'wrong'))
  expect(challenged.status).toBe(401)
  expect(challenged.headers['www-authenticate']).toBe('Basic realm="Landfast", charset="UTF-8"')
  const plain = await ask({ client_id: clientId, client_secret: 'wrong' })
  expect([plain.status, plain.headers['www-authenticate']]).toEqual([401, undefined])
  const malformed = await ask({ grant_type: 'password' }, basic(clientId, 'wrong'))
  expect([malformed.status, malformed.headers['www-authenticate']]).toEqual([400, undefined])
  await running.close()
})
