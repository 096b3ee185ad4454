/** `landfast agent` as a process of its own, from a configuration file, in the styles that are not Arc's. */

import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { MOVED_CLOCK } from '../moved-clock.ts'
import { testWith, UNSHARE } from '../privilege.ts'
import { makeCommand, OTHER_USER, Running, type TestCommand } from './command.ts'

const SECRET = 'a-secret-of-thirty-two-characters'
const VAULT = 'https://vault.azure.net'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

/** Asks at each URL of its arguments, and prints what became of it: the claims of a token, or the error. */
const ASKER = `
const resource = encodeURIComponent('${VAULT}')
const asks = {
  address: ['http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=' + resource, { headers: { metadata: 'true' } }],
  vm: ['http://127.0.0.1:50001/metadata/identity/oauth2/token?api-version=2018-02-01&resource=' + resource, { headers: { metadata: 'true' } }],
  'cloud-shell': ['http://127.0.0.1:50002/oauth2/token', { method: 'POST', headers: { metadata: 'true' }, body: new URLSearchParams({ resource: '${VAULT}' }) }],
  'azure-ml': ['http://127.0.0.1:50003/msi/token?api-version=2017-09-01&resource=' + resource, { headers: { secret: process.env.SECRET } }],
  'wrong secret': ['http://127.0.0.1:50003/msi/token?api-version=2017-09-01&resource=' + resource, { headers: { secret: 'x' } }],
}
const results = {}
for (const [name, [url, options]] of Object.entries(asks)) {
  const answer = await fetch(url, options)
  const { access_token: token = '', ...body } = await answer.json()
  const { aud, oid } = token && JSON.parse(Buffer.from(token.split('.')[1], 'base64url'))
  results[name] = answer.ok ? { status: 200, aud, oid } : { status: answer.status, ...body }
}
console.log(JSON.stringify(results))
`

/** A control plane and an agent of the file \`agent.yaml\`, in a network of their own, and who asks it. */
const SCRIPT = `
ip link set lo up || exit 99
"$NODE" "$PROGRAM" dev --state-dir "$PWD/state" --json > dev.json & dev=$!
until [ -s dev.json ]; do kill -0 $dev || exit 98; sleep 0.1; done
"$NODE" "$PROGRAM" agent --config agent.yaml 2> agent.log & agent=$!
until grep -q 'the agent is started' agent.log; do kill -0 $agent || { cat agent.log >&2; exit 97; }; sleep 0.1; done
"$NODE" ask.mjs; ip -o address show dev lo | grep -c 169.254.169.254
kill $agent; wait $agent; echo $?
ip -o address show dev lo | grep -c 169.254.169.254
kill $dev; wait $dev
`

function runScript(folder: string): Running {
  const [node = '', program = ''] = command.argv
  const env = {
    ...MOVED_CLOCK,
    PATH: process.env.PATH,
    HOME: folder,
    TMPDIR: folder,
    NODE: node,
    PROGRAM: program,
    SECRET,
  }
  const [unshare = '', ...flags] = UNSHARE
  const owned = ['--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', SCRIPT]
  return new Running(
    spawn(unshare, [...flags, ...owned], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] }),
  )
}

testWith(
  ['linux', 'namespaces', 'ip'],
  'the agent serves tokens at 169.254.169.254, to its own user and by a secret, as its file says',
  async () => {
    const folder = mkdtempSync(join(command.folder, 'agent-'))
    writeFileSync(join(folder, 'ask.mjs'), ASKER)
    writeFileSync(join(folder, 'secret'), `${SECRET}\n`, { mode: 0o600 })
    writeFileSync(
      join(folder, 'agent.yaml'),
      `state-dir: ${folder}/state
styles: [vm, cloud-shell, azure-ml]
style-ports: vm=50001,cloud-shell=50002,azure-ml=50003
vm: yes
vm-rate-limit: 20
key-group: ""
identity-header-file: ${folder}/secret
audit-log: ${folder}/audit.jsonl
admin-socket: ${folder}/admin.sock
`,
    )
    const { code, stdout, stderr } = await runScript(folder).ended
    const [results = '', addressed, ended, left] = stdout.split('\n')
    expect({ code, addressed, ended, left }, stderr).toEqual({
      code: 0,
      addressed: '1',
      ended: '0',
      left: '0',
    })
    const { principalId } = JSON.parse(readFileSync(join(folder, 'dev.json'), 'utf8'))
    const token = { status: 200, aud: VAULT, oid: principalId }
    const { 'wrong secret': wrong, ...granted } = JSON.parse(results)
    expect(granted).toEqual({ address: token, vm: token, 'cloud-shell': token, 'azure-ml': token })
    expect(wrong).toMatchObject({ status: 401, error: 'unauthorized_client' })
    // Grants that are equal may come a second late, and as one.
    const counts: Record<string, number> = {}
    for (const line of readFileSync(join(folder, 'audit.jsonl'), 'utf8').trim().split('\n')) {
      const { style, outcome, count = 1 } = JSON.parse(line)
      counts[`${style} ${outcome}`] = (counts[`${style} ${outcome}`] ?? 0) + count
    }
    expect(counts).toEqual({
      'vm granted': 2,
      'cloud-shell granted': 1,
      'azure-ml granted': 1,
      'azure-ml refused': 1,
    })
    expect(readFileSync(join(folder, 'agent.log'), 'utf8')).not.toContain(SECRET)
  },
)

testWith(['linux', 'setpriv'], 'a user who may not read the registration is told who may', async () => {
  const folder = join(command.folder, 'shut')
  mkdirSync(folder, { mode: 0o000 })
  const prefix = process.getuid?.() === 0 ? ['setpriv', ...OTHER_USER, '--'] : []
  const { code, stderr } = await command.run(['agent', '--state-dir', folder], { prefix })
  chmodSync(folder, 0o700)
  expect(code).toBe(1)
  expect(stderr).toMatch(/^landfast: this user may not read the registration: ".*shut.registration.json"\n/)
  expect(stderr).toContain('as root or as the user of the agent')
})
