/**
 * A host for one test: its `/etc` is a copy in memory that no other process sees; `/opt`, `/var/opt`, `/var/lib`, `/var/log`,
 * `/usr/local/bin` and `/run` are empty ones; and its network is private.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { Running, type TestCommand } from '../cli/command.ts'
import { MOVED_CLOCK } from '../moved-clock.ts'
import { UNSHARE } from '../privilege.ts'

/** Whatever a script leaves behind ends with it. */
const OWN_PROCESSES = ['--pid', '--fork', '--kill-child', '--mount-proc', '--cgroup', '--ipc', '--uts']

/** What an ordinary user may not read is not copied. */
const FURNISH = `
  mount -n -t tmpfs -o mode=755 t /var/opt && mount -n -t tmpfs -o mode=755 t /opt || exit 99
  mkdir /opt/etc && cp -a /etc/. /opt/etc 2>/dev/null
  mount -n -t tmpfs -o mode=755 t /etc && cp -a /opt/etc/. /etc && rm -r /opt/etc || exit 99
  for folder in /run /var/lib /var/log /usr/local/bin; do mount -n -t tmpfs -o mode=755 t $folder || exit 99; done
  ip link set lo up || exit 99
  landfast() { "$NODE" "$PROGRAM" "$@"; }
`

/** Every file and folder that the commands could change, with its mode and content. */
export const LIST = `find /etc /opt /var/opt /var/lib /var/log /usr/local/bin -printf '%p %M %U %l\\n' -type f -exec md5sum {} + 2>/dev/null | sort`

/** Runs `script` on such a host, where `landfast` is the command. */
export function onHost(command: TestCommand, script: string) {
  const [node = '', program = ''] = command.argv
  const [unshare = '', ...flags] = [...UNSHARE, ...OWN_PROCESSES, 'sh', '-c', FURNISH + script]
  const env = {
    ...MOVED_CLOCK,
    PATH: process.env.PATH,
    HOME: command.folder,
    TMPDIR: command.folder,
    NODE: node,
    PROGRAM: program,
  }
  return new Running(spawn(unshare, flags, { env, cwd: command.folder, stdio: ['ignore', 'pipe', 'pipe'] }))
    .ended
}
