/**
 * Loads what asks the kernel, and sends, in Node's place: a file of our own for each processor, compiled from `kernel.c`.
 *
 * It is loaded when it is first needed, and may be missing: another system, another processor, a Node that was started
 * with `--no-addons`. Whoever asks has another way then.
 *
 * @see docs/decisions/0010-one-question-to-the-kernel.md
 * @module
 */

import { fileURLToPath } from 'node:url'

/** The functions of `kernel.c`. Each returns a length, or the negative `errno`. */
export interface Kernel {
  openDiagnosis(): number
  ask(descriptor: number, question: Buffer, answer: Buffer): number
  attribute(path: Buffer, name: Buffer, value: Buffer): number
  notify(address: Buffer, message: Buffer): number
}

/** Beside the bundled command and the sources, and from the compiled library. */
const FOLDERS = ['./', '../../src/kernel/']

let loaded: { kernel: Kernel | undefined } | undefined

/** What asks the kernel; undefined where it cannot be loaded. */
export function loadKernel(): Kernel | undefined {
  loaded ??= { kernel: load(FOLDERS) }
  return loaded.kernel
}

/** The name of the file for a processor. */
function kernelFileName(architecture: string): string {
  return `kernel-linux-${architecture}.node`
}

function load(folders: readonly string[]): Kernel | undefined {
  if (process.platform !== 'linux') return undefined
  for (const folder of folders) {
    const file = fileURLToPath(new URL(`${folder}${kernelFileName(process.arch)}`, import.meta.url))
    const module = { exports: {} }
    try {
      process.dlopen(module, file)
      return module.exports as Kernel
    } catch {
      // Not there, or not for this Node.
    }
  }
  return undefined
}
