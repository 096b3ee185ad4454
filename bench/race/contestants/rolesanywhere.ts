/**
 * The credential helper of IAM Roles Anywhere, which serves credentials as an EC2 instance has them. It gets them once, of a
 * server that gives anybody the same.
 *
 * @module
 */

import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { freePort } from '../../../packages/control-plane/src/testing/postgres.ts'
import { makeCertificate } from '../../../packages/control-plane/src/testing/trial-certificates.ts'
import { connectHttp } from '../callers.ts'
import type { LocalContestant, LocalPlace } from '../local-contestant.ts'
import { pathOf, sizeOf } from '../programs.ts'
import { startProgram } from '../started-program.ts'

const ROLE = 'race'
const ACCOUNT = '111122223333'
const CREDENTIALS_PATH = `/latest/meta-data/iam/security-credentials/${ROLE}`
const TOKEN_HEADER = 'x-aws-ec2-metadata-token'

/** It gets new ones when these have less than ten minutes left. */
const LIFETIME_MS = 12 * 3_600_000

/** The contestant. */
export const ROLESANYWHERE: LocalContestant = {
  name: 'rolesanywhere 1.4, serve',
  programs: ['rolesanywhere'],
  does: 'checks the token of a session, which was got before; credentials of AWS',
  size: () => sizeOf('rolesanywhere'),
  start: async (place) => {
    const path = pathOf('rolesanywhere')
    const [port, aws] = [await freePort(), await startAws(place)]
    const flags = await flagsOf(place, aws)
    let token = ''
    const program = await startProgram([path, 'serve', '--port', String(port), ...flags], {
      ...place,
      isReady: async () => {
        token = await beginSession(port)
        return token !== ''
      },
    })
    const target = {
      kind: 'http' as const,
      connection: { host: '127.0.0.1', port },
      path: CREDENTIALS_PATH,
      headers: { [TOKEN_HEADER]: token },
      expected: '"SecretAccessKey":"race"',
    }
    return { ...program, target }
  },
}

async function flagsOf({ folder }: LocalPlace, aws: number): Promise<string[]> {
  const { pem, privateKey } = await makeCertificate({ kind: 'rsa' })
  const files = { certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') }
  writeFileSync(files.certificate, pem)
  const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  writeFileSync(files.key, key, { mode: 0o600 })
  const anywhere = `arn:aws:rolesanywhere:eu-west-1:${ACCOUNT}`
  const id = '11111111-2222-4333-8444-555555555555'
  return [
    ...['--certificate', files.certificate, '--private-key', files.key],
    ...['--role-arn', `arn:aws:iam::${ACCOUNT}:role/${ROLE}`, '--profile-arn', `${anywhere}:profile/${id}`],
    ...['--trust-anchor-arn', `${anywhere}:trust-anchor/${id}`, '--endpoint', `http://127.0.0.1:${aws}`],
  ]
}

/** As AWS, for one request. */
async function startAws({ resources }: LocalPlace): Promise<number> {
  const credentials = {
    accessKeyId: 'race',
    secretAccessKey: 'race',
    sessionToken: 'a'.repeat(1400),
    expiration: new Date(Date.now() + LIFETIME_MS).toISOString(),
  }
  const server = createServer((_, answer) => {
    answer.writeHead(201, { 'Content-Type': 'application/json' })
    answer.end(JSON.stringify({ credentialSet: [{ credentials }] }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  resources.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

async function beginSession(port: number): Promise<string> {
  const caller = await connectHttp({ host: '127.0.0.1', port })
  const request = `PUT /latest/api/token HTTP/1.1\r\nHost: 127.0.0.1\r\n${TOKEN_HEADER}-ttl-seconds: 21600\r\n\r\n`
  const { body } = await caller.ask(Buffer.from(request))
  caller.disconnect()
  return body
}
