/**
 * A small disk for one test, in a mount namespace that no other process sees, so that the test can fill it to the last
 * byte.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A disk mounted over a folder. */
export interface SmallDisk {
  /** Goes before a command that is to see it. */
  readonly enter: readonly string[]
  /** The folder as it is seen from outside of the namespace. */
  readonly outside: string
  /** Takes every byte that is left. */
  fill(): void
  free(): void
}

/** Mounts a disk over `folder`, for root only; it goes with the test. */
export async function mountSmallDisk(
  folder: string,
  { megabytes, mode, uid = 0 }: { megabytes: number; mode: string; uid?: number },
): Promise<SmallDisk> {
  const options = `size=${megabytes}m,mode=${mode},uid=${uid},gid=${uid}`
  const script = 'mount -t tmpfs -o "$1" tmpfs "$0" && echo mounted && exec sleep infinity'
  const holder = spawn('unshare', ['--mount', 'sh', '-c', script, folder, options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => endOf(holder))
  await once(holder.stdout, 'data')
  const outside = `/proc/${holder.pid}/root${folder}`
  const ballast = join(outside, 'ballast')
  return {
    enter: ['nsenter', `--target=${holder.pid}`, '--mount', '--'],
    outside,
    fill: () => fill(ballast),
    free: () => rmSync(ballast),
  }
}

async function endOf(holder: ChildProcess): Promise<void> {
  const exited = once(holder, 'exit')
  holder.kill('SIGKILL')
  await exited
}

function fill(file: string): void {
  for (const bytes of [1_048_576, 4_096]) {
    try {
      for (;;) writeFileSync(file, Buffer.alloc(bytes), { flag: 'a' })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
    }
  }
}
