/** Landfast as a service of a host without a package: placed, refused with nothing changed, and gone again. */

import { afterAll, beforeAll, expect } from 'vitest'
import { makeCommand, type TestCommand } from '../cli/command.ts'
import { testWith } from '../privilege.ts'
import { LIST, onHost } from './host.ts'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

/** A test on a host of its own, where other users can be made. */
function testOnHost(name: string, run: () => Promise<void>): void {
  testWith(['linux', 'root', 'namespaces', 'ip'], name, run)
}

/** What systemd and useradd keep beside the accounts: the former files, locks. */
const ACCOUNTS_LEFT = '/etc/(passwd-|shadow-|group-|gshadow-|\\.pwd\\.lock|sub[ug]id)'

/** What is different from `before`, but for what the accounts' own programs keep. */
const NOTHING_LEFT = `${LIST} > after; diff before after | grep -E '^[<>]' | grep -vE '${ACCOUNTS_LEFT}|^. /etc d'`

/** The same but for `/etc/shadow`, which has the day on which a user was made, and is gone with it. */
const UNCHANGED = `${LIST} | diff before -`

testOnHost('a host gets program, users, folders, units and settings, and purge leaves nothing', async () => {
  const { code, stdout, stderr } = await onHost(
    command,
    `${LIST} > before
    landfast install --json 2>notes || exit 1
    getent passwd himds landfast | cut -d: -f1,5,7
    stat -c '%A %U %G %n' /var/lib/landfast /var/lib/landfast-control-plane /var/opt/azcmagent/tokens /run/landfast /opt/landfast/node
    cat /proc/sys/net/ipv4/ip_local_reserved_ports; readlink /etc/systemd/system/multi-user.target.wants/landfast-agent.service
    grep ^ExecStart= /etc/systemd/system/landfast-agent.service; /usr/local/bin/landfast version; cat notes
    find /opt/landfast ! -user root -o -perm /022 ! -type l
    landfast install --json 2>/dev/null
    landfast uninstall --purge --json 2>/dev/null; echo left:; ${NOTHING_LEFT}
    getent passwd himds landfast; [ ! -e /run/landfast ]`,
  )
  const [first = '', ...lines] = stdout.split('\n')
  const { placed } = JSON.parse(first)
  expect(placed).toContain('/etc/systemd/system/landfast-agent.service')
  const left = lines.indexOf('left:')
  expect(lines.slice(0, 12), stderr).toEqual([
    'himds:Landfast agent:/usr/sbin/nologin',
    'landfast:Landfast control plane:/usr/sbin/nologin',
    'drwx------ himds himds /var/lib/landfast',
    'drwx------ landfast landfast /var/lib/landfast-control-plane',
    'drwx--x--- himds himds /var/opt/azcmagent/tokens',
    'drwxr-xr-x himds himds /run/landfast',
    '-rwxr-xr-x root root /opt/landfast/node',
    '40342',
    '/etc/systemd/system/landfast-agent.service',
    'ExecStart=/opt/landfast/landfast agent --config /etc/landfast/agent.yaml',
    expect.stringMatching(/^landfast version /),
    expect.stringContaining('services have the variables'),
  ])
  expect(lines[12]).toContain('landfast-agent.service starts with "landfast connect"')
  expect(JSON.parse(lines[left - 2] ?? '')).toEqual({ placed: [], unchanged: placed })
  expect(new Set(JSON.parse(lines[left - 1] ?? '').removed)).toEqual(new Set(placed))
  expect({ code, left: lines.slice(left + 1, -1) }).toEqual({ code: 0, left: [] })
})

/** systemd as far as it is asked; it interrupts who asks for `at`. */
const systemdInterrupting = (at: string) => `mkdir -p /run/systemd/system /var/lib/landfast
    cat > /usr/local/bin/systemctl <<'END'
#!/bin/sh
echo "$*" >> /run/asked
case "$*" in
  *ActiveState*) echo active ;;
  *LoadState*) echo loaded ;;
esac
case "$*" in
  --no-block*) sleep 0.5 ;;
  "${at}"*) kill -INT $PPID; exit 1 ;;
esac
END
    chmod 755 /usr/local/bin/systemctl; PATH=/usr/local/bin:$PATH`

const ENTRA_IDS =
  '--tenant-id 00000000-0000-4000-8000-000000000001 --client-id 00000000-0000-4000-8000-000000000002'

for (const at of ['stop', 'show --property=LoadState', 'start']) {
  testOnHost(
    `a connect that is interrupted at "systemctl ${at}" leaves the service to be started`,
    async () => {
      const { stdout, stderr } = await onHost(
        command,
        `${systemdInterrupting(at)}
      landfast connect --authority entra ${ENTRA_IDS} >/dev/null; echo $?; tail -n 1 /run/asked`,
      )
      expect({ stdout, stderr }).toEqual({
        stdout: '11\n--no-block start landfast-agent.service\n',
        stderr: expect.stringContaining('interrupted'),
      })
    },
  )
}

testOnHost(
  'connect on a full disk leaves nothing of Entra ID, and names no other folder than it uses',
  async () => {
    const { stdout, stderr } = await onHost(
      command,
      `mkdir /var/lib/landfast; mount -n -t tmpfs -o mode=700,size=64k t /var/lib/landfast
    landfast connect --authority entra ${ENTRA_IDS} >/dev/null && landfast disconnect --authority entra >/dev/null 2>&1
    head -c 100000 /dev/zero > /var/lib/landfast/fill 2>/dev/null
    landfast connect --authority entra ${ENTRA_IDS} 2>said; echo $?; cat said; ls /var/lib/landfast`,
    )
    expect(stdout, stderr).toMatch(
      /^69\nlandfast: .*"\/var\/lib\/landfast" cannot be used\nhint: its disk is full; name another with --state-dir\nfill\n$/,
    )
  },
)

testOnHost('the command that npm has placed is no obstacle, and stays npm’s', async () => {
  const { code, stdout, stderr } = await onHost(
    command,
    `ln -s "$PROGRAM" /usr/local/bin/landfast
    landfast install >/dev/null || exit 1; [ -x /opt/landfast/landfast ] && readlink /usr/local/bin/landfast
    landfast uninstall --purge >/dev/null; ls /opt; readlink /usr/local/bin/landfast
    ln -sf /bin/true /usr/local/bin/landfast; landfast install >/dev/null`,
  )
  const program = command.argv[1]
  expect({ code, lines: stdout.trim().split('\n') }).toEqual({ code: 27, lines: [program, program] })
  expect(stderr).toContain('"/usr/local/bin/landfast" is no regular file')
})

testOnHost('commands of root on the database act as the service, in its own folder', async () => {
  const { code, stdout } = await onHost(
    command,
    `landfast install >/dev/null 2>&1; landfast control-plane accept-restored >/dev/null 2>&1 || exit 1
    stat -c %U /var/lib/landfast-control-plane/landfast.db; find /var/lib/landfast-control-plane ! -user landfast`,
  )
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'landfast\n' })
})

testOnHost('uninstall leaves what the services keep, and a later installation takes it over', async () => {
  const { code, stdout } = await onHost(
    command,
    `landfast install >/dev/null 2>&1; echo kept > /var/lib/landfast/registration.json
    echo 'port: 50000' > /etc/landfast/agent.yaml
    landfast uninstall >/dev/null 2>&1; ls /opt /etc/systemd/system | grep landfast
    landfast install >/dev/null 2>&1; cat /var/lib/landfast/registration.json /etc/landfast/agent.yaml
    landfast uninstall >/dev/null 2>&1; landfast uninstall --purge 2>/dev/null; ls -d /var/lib/landfast /etc/landfast 2>/dev/null
    landfast uninstall`,
  )
  const purged = 'removed all that the services kept, and their users\n'
  const stdoutOfAll = `kept\nport: 50000\n${purged}nothing of Landfast was in its place\n`
  expect({ code, stdout }).toEqual({ code: 0, stdout: stdoutOfAll })
})

testOnHost('half an installation is completed by the next, and undone by uninstall', async () => {
  const { code, stdout } = await onHost(
    command,
    `${LIST} > before
    landfast install >/dev/null 2>&1
    rm -r /opt/landfast/dist /etc/systemd/system/landfast-agent.service /var/lib/landfast; mkdir /opt/landfast.new; userdel landfast
    landfast install --json 2>/dev/null; /opt/landfast/landfast version; ls -d /var/lib/landfast /opt/landfast*; id -un landfast
    rm -r /opt/landfast; landfast uninstall --purge >/dev/null 2>&1; ${NOTHING_LEFT}`,
  )
  const [first = '', version, ...rest] = stdout.trim().split('\n')
  expect(JSON.parse(first).placed).toEqual(['/etc/systemd/system/landfast-agent.service'])
  expect(version).toMatch(/^landfast version /)
  // Of what the last line compares nothing is different.
  expect({ code, rest }).toEqual({ code: 1, rest: ['/opt/landfast', '/var/lib/landfast', 'landfast'] })
})

testOnHost(
  'over an older version the program is replaced, and over a newer one nothing is changed',
  async () => {
    const { code, stdout, stderr } = await onHost(
      command,
      `landfast install >/dev/null 2>&1
    sed -i 's/"version": ".*"/"version": "0.0.1"/' /etc/landfast/installed.json; echo old > /opt/landfast/dist/old.js
    landfast install >/dev/null 2>&1; ls /opt/landfast/dist/old.js /opt/landfast.old 2>/dev/null; grep -c '"version": "0.0.1"' /etc/landfast/installed.json
    sed -i 's/"version": ".*"/"version": "99.0.0"/' /etc/landfast/installed.json; ${LIST} > before
    landfast install; echo "refused $?"; ${UNCHANGED}
    LANDFAST_ALLOW_DOWNGRADE=1 landfast install >/dev/null 2>&1; echo "allowed $?"`,
    )
    expect({ code, stdout }).toEqual({ code: 0, stdout: '0\nrefused 27\nallowed 0\n' })
    expect(stderr).toMatch(
      /^landfast: version 99\.0\.0 is installed, and this is the older .*\nhint: .*nothing was changed\nhint: .*\n$/,
    )
  },
)

testOnHost(
  'beside a package, the real agent, or something else in its place, nothing is changed',
  async () => {
    const { code, stdout, stderr } = await onHost(
      command,
      `mkdir -p /opt/landfast /opt/azcmagent/bin /etc/landfast; echo mine > /opt/landfast/mine; ${LIST} > before
    landfast install; echo "other $?"; ${UNCHANGED}; rm -r /opt/landfast
    cp /bin/true /opt/azcmagent/bin/himds; ${LIST} > before
    landfast install; echo "real $?"; ${UNCHANGED}; rm -r /opt/azcmagent
    echo '{"places":[],"made":[],"folders":[],"by":"package"}' > /etc/landfast/installed.json; ${LIST} > before
    landfast install; echo "package $?"; landfast uninstall; echo "package $?"; ${UNCHANGED}`,
    )
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'other 27\nreal 1\npackage 27\npackage 27\n' })
    expect(stderr).toContain('"/opt/landfast" holds something else')
    expect(stderr).toContain('the Azure Connected Machine agent is installed here')
    expect(
      stderr.match(/a package has put Landfast on this host\nhint: (upgrade|remove) it by the package/g),
    ).toHaveLength(2)
  },
)

testOnHost('on a full disk nothing is changed, and the room that it takes is named', async () => {
  const { code, stdout, stderr } = await onHost(
    command,
    `mount -n -t tmpfs -o mode=755,size=20m t /opt; ${LIST} > before
    landfast install; echo "full $?"; ${UNCHANGED}; getent passwd himds`,
  )
  expect({ code, stdout }).toEqual({ code: 2, stdout: 'full 19\n' })
  expect(stderr).toMatch(
    /^landfast: the file "\/opt" cannot be written\nhint: the disk of "\/opt" has \d+ MB free, and \d+ MB are needed\n$/,
  )
})

testOnHost('where the record has no room nothing is changed, and its file is named', async () => {
  const { code, stdout, stderr } = await onHost(
    command,
    `mkdir -p /etc/landfast; mount -n -t tmpfs -o mode=755,size=4k t /etc/landfast; head -c 4096 /dev/zero > /etc/landfast/fill
    ${LIST} > before; landfast install; echo "full $?"; ${UNCHANGED}; getent passwd himds; ls /etc/landfast`,
  )
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'full 19\nfill\n' })
  expect(stderr).toMatch(
    /^landfast: the file "\/etc\/landfast\/installed.json" cannot be written\nhint: ENOSPC: .*\n$/,
  )
})

testOnHost(
  'where /opt cannot be written the program is elsewhere, and what is left out is named',
  async () => {
    const { code, stdout, stderr } = await onHost(
      command,
      `mount -n -o remount,ro /opt; mount -n -o remount,ro /usr/local/bin; ${LIST} > before
    landfast install >/dev/null; /var/opt/landfast/landfast version >/dev/null; grep ^ExecStart= /etc/systemd/system/landfast-agent.service
    landfast uninstall --purge >/dev/null 2>&1; ${NOTHING_LEFT}`,
    )
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: 'ExecStart=/var/opt/landfast/landfast agent --config /etc/landfast/agent.yaml\n',
    })
    expect(stderr).toContain(
      '"/opt/azcmagent/bin/himds" is on a disk that cannot be written, and was left out',
    )
    expect(stderr).toContain(
      '"/usr/local/bin/landfast" is on a disk that cannot be written, and was left out',
    )
  },
)

testOnHost('where nothing can be written, that is said', async () => {
  const { code, stderr } = await onHost(
    command,
    `mount -n -o remount,ro /opt; mount -n -o remount,ro /var/opt; landfast install`,
  )
  expect(code).toBe(19)
  expect(stderr).toMatch(
    /^landfast: the file "\/opt\/landfast" cannot be written\nhint: neither \/opt\/landfast nor /,
  )
})

testOnHost('a host without systemd gets everything else, and is told how the agent is started', async () => {
  const { code, stdout, stderr } = await onHost(
    command,
    `mkdir bin; for name in chmod chown useradd userdel getent readlink; do ln -s "$(command -v $name)" bin/; done
    PATH="$PWD/bin" landfast install >/dev/null; ls /etc/systemd/system | grep landfast; getent passwd himds | cut -d: -f1
    PATH="$PWD/bin" landfast uninstall --purge >/dev/null 2>&1; getent passwd himds; [ ! -e /var/lib/landfast ]`,
  )
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'himds\n' })
  expect(stderr).toContain(
    'this host has no systemd; start the agent by what it has, as the user "himds": /opt/landfast/landfast agent',
  )
})
