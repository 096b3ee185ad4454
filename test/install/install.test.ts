/** What leads SDKs on a whole host to its agent: placed, found by real readers, and removed again. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleProgram, makeCommand, type TestCommand } from '../cli/command.ts'
import { type Privilege, testWith, whatIsLacking } from '../privilege.ts'
import { LIST, onHost } from './host.ts'

const PLACES = [
  '/opt/azcmagent/bin/himds',
  '/var/opt/azcmagent/bin/himds',
  '/etc/systemd/system.conf.d/50-landfast.conf',
  '/etc/environment',
]

const VARIABLES = [
  'IDENTITY_ENDPOINT=http://127.0.0.1:40342/metadata/identity/oauth2/token',
  'IMDS_ENDPOINT=http://127.0.0.1:40342',
]

const SYSTEMD = '/lib/systemd/systemd'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

/** A test on a host of its own. */
function testOnHost(name: string, run: () => Promise<void>, more: readonly Privilege[] = []): void {
  testWith(['linux', 'namespaces', 'ip', ...more], name, run)
}

testOnHost('what is placed is all gone after uninstall, and each may be repeated', async () => {
  const { code, stdout, stderr } = await onHost(
    command,
    `echo LANG=C >> /etc/environment; chmod 664 /etc/environment; umask 077
    ${LIST} > before
    landfast install --marker-only --json && landfast install --marker-only --json
    stat -c %A /opt/azcmagent/bin /opt/azcmagent/bin/himds /etc/environment
    landfast uninstall --json && landfast uninstall --json
    ${LIST} | diff before -`,
  )
  expect({ code, stderr: stderr.replace(/^landfast: services .*\n/gm, '') }).toEqual({ code: 0, stderr: '' })
  const [first = '', second = '', folder, marker, shared, third = '', fourth = ''] = stdout.split('\n')
  expect(JSON.parse(first)).toEqual({ placed: PLACES, unchanged: [] })
  expect(JSON.parse(second)).toEqual({ placed: [], unchanged: PLACES })
  expect([folder, marker, shared]).toEqual(['drwxr-xr-x', '-rwxr-xr-x', '-rw-rw-r--'])
  expect(JSON.parse(third)).toEqual({ removed: PLACES, left: [] })
  expect(JSON.parse(fourth)).toEqual({ removed: [], left: [] })
})

testOnHost(
  'official clients find the agent by the marker alone, and it does not take that for the real one',
  async () => {
    const program = await bundleProgram(command, 'sdk-program')
    const { stdout, stderr } = await onHost(
      command,
      `landfast install --marker-only >/dev/null 2>&1
    mkfifo notes; "$NODE" "$PROGRAM" dev --as arc --json > notes & read -r line < notes
    "$NODE" "${program}"; kill $!; wait`,
    )
    const got = 'https://vault.azure.net'
    expect(JSON.parse(stdout), stderr).toEqual({ managed: got, default: got, msal: got })
  },
)

testOnHost('where the real agent is installed nothing is placed', async () => {
  const { code, stdout, stderr } = await onHost(
    command,
    `mkdir -p /opt/azcmagent/bin; cp /bin/true /opt/azcmagent/bin/himds
    ${LIST} > before
    landfast install --marker-only; ended=$?
    ${LIST} | diff before - && exit $ended`,
  )
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^landfast: the Azure Connected Machine agent is installed here .*\nhint: .*\n$/)
})

testOnHost('where others set one of the variables nothing is placed', async () => {
  const { code, stdout, stderr } = await onHost(
    command,
    `echo IMDS_ENDPOINT=http://other >> /etc/environment
    ${LIST} > before
    landfast install --marker-only; ended=$?
    ${LIST} | diff before - && exit $ended`,
  )
  expect({ code, stdout }).toEqual({ code: 27, stdout: '' })
  expect(stderr).toMatch(
    /^landfast: "\/etc\/environment" sets IMDS_ENDPOINT already\nhint: nothing was .*\n$/,
  )
})

testOnHost('what others changed since stays, and is named; what they added stays as well', async () => {
  const { stdout, stderr } = await onHost(
    command,
    `landfast install --marker-only >/dev/null 2>&1
    echo '# mine' >> /etc/systemd/system.conf.d/50-landfast.conf
    echo LANG=C >> /etc/environment; touch /opt/azcmagent/mine
    landfast uninstall --json
    tail -n 1 /etc/systemd/system.conf.d/50-landfast.conf; cat /etc/environment; ls /opt/azcmagent; ls -d /etc/landfast`,
  )
  const [result = '', ...rest] = stdout.trim().split('\n')
  expect(JSON.parse(result)).toEqual({ removed: PLACES.toSpliced(2, 1), left: [PLACES[2]] })
  expect(rest).toEqual([
    '# mine',
    ...readFileSync('/etc/environment', 'utf8').split('\n').slice(0, -1),
    'LANG=C',
    'mine',
  ])
  expect(stderr).toContain(`"${PLACES[2]}" was changed since it was placed`)
})

testOnHost('an installation that was interrupted is completed by the next, or undone', async () => {
  const { code, stdout } = await onHost(
    command,
    `${LIST} > before
    landfast install --marker-only >/dev/null 2>&1; rm /opt/azcmagent/bin/himds
    landfast install --marker-only --json 2>/dev/null; rm -r /var/opt/azcmagent
    landfast uninstall --json 2>/dev/null
    ${LIST} | diff before -`,
  )
  expect(code).toBe(0)
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { placed: [PLACES[0]], unchanged: PLACES.slice(1) },
    { removed: PLACES.toSpliced(1, 1), left: [] },
  ])
})

testOnHost('while one process places files, another is refused, and names it', async () => {
  // A record that is a pipe keeps the first one waiting, with the lock in its hand.
  const { code, stdout, stderr } = await onHost(
    command,
    `mkdir /etc/landfast; mkfifo /etc/landfast/installed.json; ${LIST} > before
    landfast install --marker-only 2>/dev/null & first=$!
    until [ -s /run/landfast-install/.lock-holder.json ]; do sleep 0.05; done
    landfast install --marker-only; echo "second $?"
    landfast uninstall; echo "third $?"; landfast install; echo "fourth $?"
    ${LIST} | diff before -
    : > /etc/landfast/installed.json; wait $first; rm /etc/landfast/installed.json
    landfast install --marker-only --json 2>/dev/null`,
  )
  const [second, third, fourth, last = ''] = stdout.split('\n')
  expect({ code, second, third, fourth }).toEqual({
    code: 0,
    second: 'second 67',
    third: 'third 67',
    fourth: 'fourth 67',
  })
  expect(JSON.parse(last)).toEqual({ placed: PLACES, unchanged: [] })
  expect(stderr).toMatch(
    /^(landfast: another process changes what is placed on this host\nhint: process \d+ of user "root" since .*\n){3}$/,
  )
})

testOnHost('variables of others that lead SDKs past Arc are named', async () => {
  const { stderr } = await onHost(
    command,
    'echo MSI_ENDPOINT=http://other >> /etc/environment; landfast install --marker-only >/dev/null',
  )
  expect(stderr).toContain('"/etc/environment" sets MSI_ENDPOINT, by which SDKs go elsewhere')
  expect(stderr).not.toContain('sets IMDS_ENDPOINT')
})

testOnHost('a record that cannot be understood changes nothing', async () => {
  for (const record of ['{', '{}', '{"places":[{"path":"/x"}],"made":[],"folders":[]}']) {
    const { code, stdout, stderr } = await onHost(
      command,
      `mkdir /etc/landfast; echo '${record}' > /etc/landfast/installed.json; landfast uninstall`,
    )
    expect({ code, stdout }).toEqual({ code: 19, stdout: '' })
    expect(stderr).toMatch(/^landfast: the record of what was placed, .*\nhint: .*\n$/)
  }
})

testOnHost('a session that PAM opens has the variables', async () => {
  const { stdout } = await onHost(
    command,
    `landfast install --marker-only >/dev/null 2>&1; su root -s /bin/sh -c env`,
  )
  expect(stdout.split('\n')).toEqual(expect.arrayContaining(VARIABLES))
}, ['root'])

test('a service that systemd starts has the variables', async (context) => {
  const lacking = whatIsLacking(['linux', 'root', 'namespaces', 'ip'])
  context.skip(lacking !== undefined, lacking)
  context.skip(!existsSync(SYSTEMD), 'systemd is not installed')
  const shown = join(command.folder, 'service-environment')
  const { stderr } = await onHost(
    command,
    `landfast install --marker-only >/dev/null 2>&1
    mkdir units; cat > units/default.target <<END
[Unit]
Requires=show.service
END
    cat > units/show.service <<END
[Unit]
DefaultDependencies=no
SuccessAction=exit-force
FailureAction=exit-force
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'env > ${shown}'
END
    mount -n -t tmpfs t /run && mount -n -t cgroup2 t /sys/fs/cgroup || exit 99
    exec env -i container=test PATH=/usr/bin:/bin SYSTEMD_UNIT_PATH="$PWD/units" ${SYSTEMD} --system`,
  )
  expect(readFileSync(shown, 'utf8').split('\n'), stderr).toEqual(expect.arrayContaining(VARIABLES))
})

test('only root may place and remove', async (context) => {
  context.skip(
    process.getuid?.() === 0 && whatIsLacking(['setpriv']) !== undefined,
    whatIsLacking(['setpriv']),
  )
  const prefix = process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--clear-groups', '--'] : []
  for (const args of [['install', '--marker-only'], ['install'], ['uninstall'], ['uninstall', '--purge']]) {
    const { code, stdout, stderr } = await command.run(args, { prefix })
    expect({ code, stdout }).toEqual({ code: 18, stdout: '' })
    expect(stderr).toMatch(/^landfast: only root may (place|remove) files .*\nhint: .*\n$/)
  }
})
