import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  compileKernel,
  findZig,
  KERNEL_FOLDER,
  KERNEL_TARGETS,
  kernelSourceHash,
  ZIG_VERSION,
} from './kernel.ts'

const PROCESSORS = Object.keys(KERNEL_TARGETS)

function fileFor(processor: string, folder = KERNEL_FOLDER): Buffer {
  return readFileSync(join(folder, `kernel-linux-${processor}.node`))
}

test.each(PROCESSORS)(
  'what asks the kernel on %s says that it was compiled from the present source',
  (processor) => {
    expect(fileFor(processor).includes(`source ${kernelSourceHash()}`)).toBe(true)
  },
)

test('it is, to the last byte, what the compiler makes of the source', (context) => {
  const zig = findZig()
  context.skip(!zig, `the compiler is not installed; "pip install ziglang==${ZIG_VERSION}" does it`)
  const folder = mkdtempSync(join(tmpdir(), 'landfast-kernel-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  expect(compileKernel(zig ?? [], folder)).toBe(true)
  for (const processor of PROCESSORS) {
    expect(fileFor(processor, folder).equals(fileFor(processor)), processor).toBe(true)
  }
})
