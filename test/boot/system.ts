/**
 * A Debian for one test, booted as often as it needs, each time with a script: in a network of its own, with its own
 * processes, and gone with its folder.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** A system that hangs is given up. On a quiet machine one boot takes some seconds. */
const PATIENCE_MS = 300_000

/** Runs the script when all that is enabled is started or has failed, and powers off. */
const UNIT = `[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/bash /root/script.sh
StandardOutput=file:/root/script.out
StandardError=file:/root/script.err
ExecStopPost=/bin/systemctl --no-block poweroff
[Install]
WantedBy=default.target
`

/** The changes of the test lie over a system that stays as it is. */
const MOUNT = `
  mount -n -t overlay o -o "lowerdir=$BASE,upperdir=$OWN/upper,workdir=$OWN/work" "$OWN/root" || exit 99
  ip link set lo up || exit 99
`

/** Of this checkout. */
const LOCK = fileURLToPath(new URL('../../node_modules/.debian', import.meta.url))

/** One boots at a time: systems without a manager around them share one control group, and units of one name would meet there. */
const BOOT = `${MOUNT}
  exec flock --no-fork "$LOCK" systemd-nspawn --quiet --register=no --keep-unit --link-journal=no --directory="$OWN/root" --boot --console=pipe
`

/** What every script begins with: lists of the system's files and users, and waiting for a unit. */
const PRELUDE = `
  list() {
    find / -xdev \\( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /root -o -path /tmp -o -path /var/tmp -o -path /var/log/journal -o -path /var/log/dpkg.log \\) -prune -o -printf '%p %M %u %g %l\\n' | sort
    getent passwd; getent group; md5sum /etc/environment /etc/shadow 2>/dev/null
    # But the lock of installations, which lies there until the next boot.
    ls /run | grep landfast | grep -v landfast-install
  }
  token() { (cd / && systemctl restart app.service && cat /run/app.out); }
`

/** What a script said. */
export interface Said {
  lines: readonly string[]
  errors: string
}

/** A system of one test. */
export class DebianSystem {
  readonly #own: string
  readonly #base: string

  /** @param base the folder of the system that stays as it is. */
  constructor(base: string) {
    this.#base = base
    this.#own = mkdtempSync(join(tmpdir(), 'landfast-debian-'))
    for (const name of ['upper', 'work', 'root']) mkdirSync(join(this.#own, name))
    this.#write('etc/systemd/system/script.service', UNIT)
    mkdirSync(join(this.#own, 'upper/etc/systemd/system/default.target.wants'))
    symlinkSync(
      '../script.service',
      join(this.#own, 'upper/etc/systemd/system/default.target.wants/script.service'),
    )
  }

  /** Puts the file or folder at `from` into the home of root. */
  give(from: string, name: string): void {
    mkdirSync(join(this.#own, 'upper/root'), { recursive: true, mode: 0o700 })
    cpSync(from, join(this.#own, 'upper/root', name), { recursive: true, verbatimSymlinks: true })
  }

  /** Runs `script` on this machine, with the root of the system, which is not booted, in `$ROOT`. */
  async outside(script: string): Promise<Said> {
    const [out = '', errors = ''] = await this.#run(`${MOUNT} export ROOT="$OWN/root"\n${script}`)
    return { lines: out.trim().split('\n'), errors }
  }

  /** Boots, runs `script` and powers off. */
  async boot(script: string): Promise<Said> {
    this.#write('root/script.sh', PRELUDE + script)
    const console = await this.#run(BOOT)
    const [out, errors] = [this.#read('root/script.out'), this.#read('root/script.err')]
    if (out === undefined || errors === undefined) throw new Error(`it did not boot: ${console.join('')}`)
    return { lines: out.trim().split('\n'), errors }
  }

  async #run(script: string): Promise<[stdout: string, stderr: string]> {
    const env = { PATH: process.env.PATH, BASE: this.#base, OWN: this.#own, LOCK }
    const child = spawn('unshare', ['--mount', '--net', 'sh', '-c', script], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PATIENCE_MS,
      killSignal: 'SIGKILL',
    })
    return await Promise.all([text(child.stdout), text(child.stderr)])
  }

  remove(): void {
    rmSync(this.#own, { recursive: true, force: true })
  }

  #write(name: string, content: string): void {
    const path = join(this.#own, 'upper', name)
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, content)
    chmodSync(path, 0o644)
  }

  #read(name: string): string | undefined {
    try {
      return readFileSync(join(this.#own, 'upper', name), 'utf8')
    } catch {
      return undefined
    }
  }
}
