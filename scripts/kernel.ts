/**
 * `node scripts/kernel.ts`: compiles what asks the kernel, for each processor, with the one compiler whose files are the
 * same on every machine. The files are kept beside their source, since those who build or install have no compiler.
 *
 * @see docs/decisions/0010-one-question-to-the-kernel.md
 * @module
 */

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Of PyPI's package "ziglang". Another version may write other bytes. */
export const ZIG_VERSION = '0.17.1'

/** Processors as Node names them, and their targets as the compiler does. */
export const KERNEL_TARGETS = { x64: 'x86_64-linux-musl', arm64: 'aarch64-linux-musl' } as const

/** Where source and files are. */
export const KERNEL_FOLDER = fileURLToPath(new URL('../packages/server/src/kernel/', import.meta.url))

const SOURCE = 'kernel.c'

const FLAGS = [
  ...['-Os', '-fPIC', '-shared', '-nostdlib', '-ffreestanding', '-fno-stack-protector', '-fno-sanitize=all'],
  ...['-Wall', '-Wextra', '-Werror', '-Wl,-z,relro,-z,now', '-Wl,-s', '-Wl,--build-id=none'],
]

/** How the compiler is started, where it is there in that version. */
export function findZig(): readonly string[] | undefined {
  const ways = [['zig'], ['python3', '-m', 'ziglang']] as const
  return ways.find(([program, ...args]) => {
    const { stdout } = spawnSync(program, [...args, 'version'], { encoding: 'utf8' })
    return stdout?.trim() === ZIG_VERSION
  })
}

/** Compiles the source into `folder`. Returns whether the compiler was content; it has said why not. */
export function compileKernel([zig = '', ...before]: readonly string[], folder: string): boolean {
  const define = `-DSOURCE_HASH="${kernelSourceHash()}"`
  return Object.entries(KERNEL_TARGETS).every(([processor, target]) => {
    const out = join(folder, `kernel-linux-${processor}.node`)
    const args = [...before, 'cc', '-target', target, ...FLAGS, define, SOURCE, '-o', out]
    return spawnSync(zig, args, { cwd: KERNEL_FOLDER, stdio: 'inherit' }).status === 0
  })
}

/** What the files say that they were compiled from. */
export function kernelSourceHash(): string {
  return createHash('sha256')
    .update(readFileSync(join(KERNEL_FOLDER, SOURCE)))
    .digest('hex')
}

if (import.meta.main) {
  const zig = findZig()
  if (!zig) process.stderr.write(`install the compiler: "pip install ziglang==${ZIG_VERSION}"\n`)
  if (!zig || !compileKernel(zig, KERNEL_FOLDER)) process.exitCode = 1
}
