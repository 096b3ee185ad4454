import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { testWith } from '../../test/privilege.ts'
import type { Cell } from '../cell.ts'
import { runLane } from '../lane.ts'
import type { WholeProgram } from './whole-program.ts'

/** Lists the containers of the account with a token that it asks for itself, or with one that nobody signed. */
const PROGRAM = `
if [ "$1" = version ]; then echo 7.1; exit; fi
token=$(curl -sf -H "X-IDENTITY-HEADER: $IDENTITY_HEADER" \\
  "$IDENTITY_ENDPOINT?api-version=2019-08-01&resource=https://storage.azure.com$1" |
  sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
[ -z "$FORGED" ] || token="\${token%.*}.AAAA"
exec curl -sf --cacert "$SSL_CERT_FILE" -o /dev/null -H "Authorization: Bearer $token" -H 'x-ms-version: 2024-11-04' \\
  'https://landfast.blob.core.windows.net/?comp=list'
`

/** Told which identity, not told, told and lying, and with no option for it. */
const WHOLE: WholeProgram = {
  ...{ library: 'its own', version: ['version'], shows: 'requests' },
  selectors: {
    client_id: { arguments: ['&client_id={}'] },
    object_id: {},
    resource_id: { arguments: ['&mi_res_id={}'], variables: { FORGED: 'yes' } },
  },
}

const CASES = ['system-assigned', 'client-id', 'object-id', 'resource-id', 'cached'] as const

testWith(
  ['linux', 'namespaces', 'ip'],
  'a whole program is believed if a service verified its token, and it is of the identity that was asked for',
  async () => {
    expect(await tryAll()).toEqual([
      ['system-assigned', 'green', undefined],
      ['client-id', 'green', undefined],
      ['object-id', 'red', 'the token is of another identity'],
      ['resource-id', 'red', 'no token: its token is not good: no key of the issuer has signed it'],
      ['cached', 'not offered', 'the client has no option for it'],
    ])
  },
)

async function tryAll() {
  const folder = mkdtempSync(join(tmpdir(), 'landfast-program-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'program.sh'), PROGRAM)
  const place = { client: 'p', version: '7.1', credential: 'managed-identity', style: 'app-service' } as const
  const places = CASES.map((name) => ({ ...place, name }))
  const run = ['sh', 'program.sh']
  const program = { folder, run, env: {}, resource: 'https://storage.azure.com', whole: WHOLE }
  const cells: Cell[] = []
  await runLane({ program, places }, (cell) => cells.push(cell), new AbortController().signal)
  return cells.map(({ name, colour, reason }) => [name, colour, reason])
}
