import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testWith } from '../../../../test/privilege.ts'
import { makeOwnCertificate, type OwnCertificate } from '../../../agent/src/listening/own-certificate.ts'
import type { Environment } from './leading-variables.ts'
import { everyTrust } from './trusted-variables.ts'

/** A name with each kind of character at which Java would take it for more than one option. */
const HARD_NAME = `it's a "folder" `

/** Java runs it from its source. */
const PROGRAM = `
  class Ask {
    public static void main(String[] arguments) throws Exception {
      System.out.print(new String(new java.net.URL(arguments[0]).openStream().readAllBytes()));
      System.out.print(System.getProperty("inherited"));
    }
  }
`

let folder: string
let own: OwnCertificate
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), HARD_NAME))
  own = await makeOwnCertificate()
})
afterAll(() => rmSync(folder, { recursive: true }))

testWith(['javac'], 'Java trusts our certificate, and has the options that it had', async () => {
  expect(await askByJava({ JAVA_TOOL_OPTIONS: '-Dinherited=yes' })).toBe('well, yes')
})

testWith(['javac'], 'Java without our variables does not trust it', async () => {
  const variables = {}
  await expect(ask(variables)).rejects.toThrow('PKIX path building failed')
})

test('a trust store that Java was told of already is left to it', async () => {
  const inherited = { JAVA_TOOL_OPTIONS: '-Xmx64m -Djavax.net.ssl.trustStore=/etc/theirs.jks' }
  expect(await everyTrust(inherited, folder, own.certificate)).not.toHaveProperty('JAVA_TOOL_OPTIONS')
})

async function askByJava(inherited: Environment): Promise<string> {
  return await ask(await everyTrust(inherited, folder, own.certificate))
}

/** What a program in Java prints that asks a server with our certificate. */
async function ask(variables: Record<string, string>): Promise<string> {
  const program = join(folder, 'Ask.java')
  writeFileSync(program, PROGRAM)
  const { key, certificate } = own
  const server = createServer({ key, cert: certificate }, (_, response) => response.end('well, '))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  try {
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const env = { PATH: process.env.PATH, ...variables }
    return (await promisify(execFile)('java', [program, url], { env })).stdout
  } finally {
    server.close()
  }
}
