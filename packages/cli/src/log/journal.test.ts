import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { isJournal, withPriority } from './journal.ts'

test.each([
  [10, 7],
  [20, 7],
  [30, 6],
  [40, 4],
  [50, 3],
  [60, 2],
])('a line of level %i has the priority %i in the journal', (level, priority) => {
  expect(withPriority(`{"level":${level},"msg":"x"}\n`)).toBe(`<${priority}>{"level":${level},"msg":"x"}\n`)
})

test('what has no known level stays as it is', () => {
  for (const line of ['{"level":35}\n', '{"msg":"{\\"level\\":50"}\n', 'plain\n', ''])
    expect(withPriority(line)).toBe(line)
})

test('a stream is the journal only if it is the very one that systemd named', () => {
  expect(isJournal({ JOURNAL_STREAM: '9:1234' }, { dev: 9, ino: 1234 })).toBe(true)
  expect(isJournal({ JOURNAL_STREAM: '9:1234' }, { dev: 9, ino: 123 })).toBe(false)
  expect(isJournal({}, { dev: 9, ino: 1234 })).toBe(false)
})

/** What `print` leaves on a pipe that is named as systemd would name it, or is not. */
async function printed(isNamed: boolean, module: string, print: string): Promise<string> {
  const url = new URL(module, import.meta.url).href
  const named = isNamed
    ? `const { dev, ino } = fs.fstatSync(2); process.env.JOURNAL_STREAM = dev + ':' + ino`
    : ''
  const program = `import fs from 'node:fs'; ${named}
    const module = await import(${JSON.stringify(url)}); ${print}`
  const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', program], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return await text(child.stderr)
}

test('the log has priorities in the journal, and none anywhere else', async () => {
  const print = `(await module.openLog('info')).warn('full')`
  expect(await printed(true, './log.ts', print)).toMatch(/^<4>\{"level":40,.*"msg":"full"\}\n$/)
  expect(await printed(false, './log.ts', print)).toMatch(/^\{"level":40,.*"msg":"full"\}\n$/)
})

test('so has the failure of a service', async () => {
  const print = `module.printComplaint({ message: 'it failed', hints: ['mend it'] })`
  expect(await printed(true, '../terminal.ts', print)).toBe('<3>landfast: it failed\n<3>hint: mend it\n')
  expect(await printed(false, '../terminal.ts', print)).toBe('landfast: it failed\nhint: mend it\n')
})
