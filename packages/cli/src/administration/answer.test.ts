import { expect, onTestFinished, test, vi } from 'vitest'
import { type Column, printDone, printFacts, printPages, printTable } from './answer.ts'

interface Row {
  name: string
  note?: string
}

const COLUMNS: readonly Column<Row>[] = [
  ['name', ({ name }) => name],
  ['note', ({ note }) => note],
]

function printed(work: () => void): string {
  const spy = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  onTestFinished(() => spy.mockRestore())
  work()
  return spy.mock.calls.map(([text]) => text).join('')
}

test('a table has columns of equal width, and "-" for what is not known', () => {
  const rows = [{ name: 'a', note: 'x' }, { name: 'longer' }]
  expect(printed(() => printTable(rows, COLUMNS, {}))).toBe('NAME    NOTE\na       x\nlonger  -\n')
})

test('facts leave out what is not known, and JSON has all there is', () => {
  expect(printed(() => printFacts({ name: 'a' }, COLUMNS, {}))).toBe('name : a\n')
  expect(printed(() => printFacts({ name: 'a', other: 1 }, COLUMNS, { json: true }))).toContain('"other":1')
})

test.each([
  ['\u{1b}[2J', '\\u001b[2J'],
  ['\u{202e}txt', '\\u202etxt'],
  ['\u{200b}', '\\u200b'],
  ['\u{9b}2J', '\\u009b2J'],
  ['\n', '\\u000a'],
  ['\u{2028}', '\\u2028'],
])('what somebody else typed does not steer the terminal: %j', (text, shown) => {
  const rows = [{ name: `a${text}b` }]
  expect(printed(() => printTable(rows, COLUMNS, {}))).toContain(`a${shown}b`)
  expect(printed(() => printFacts(rows[0] ?? {}, COLUMNS, {}))).toContain(`a${shown}b`)
  expect(printed(() => printDone(`made ${rows[0]?.name}`, {}, {}))).toContain(`a${shown}b`)
})

test('JSON keeps what somebody else typed, and does not steer the terminal either', () => {
  const rows = [{ name: 'a\u{1b}\u{202e}\n\u{9b}b' }]
  const json = printed(() => printTable(rows, COLUMNS, { json: true }))
  expect(JSON.parse(json)).toEqual(rows)
  expect(json.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}]/u)
})

/** Pages, and how many of them were asked for by then. */
function pagesOf(pages: readonly (readonly Row[])[]) {
  const asked = { count: 0 }
  async function* read() {
    for (const page of pages) {
      asked.count += 1
      yield page
    }
  }
  return { asked, pages: read() }
}

function catchOutput(isTaken: () => boolean = () => true) {
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation(((
    _text: string,
    encoding: unknown,
    done?: (error?: Error) => void,
  ) => {
    const told = typeof encoding === 'function' ? encoding : done
    if (!isTaken())
      Object.defineProperty(process.stdout, 'errored', { value: new Error(), configurable: true })
    told?.()
    return true
  }) as never)
  onTestFinished(() => {
    spy.mockRestore()
    Reflect.deleteProperty(process.stdout, 'errored')
  })
  return () => spy.mock.calls.map(([text]) => text).join('')
}

const PAGES = [[{ name: 'a' }], [], [{ name: 'longer' }, { name: 'b' }]]

test('pages are printed as one table, whose columns grow', async () => {
  const written = catchOutput()
  expect(await printPages(pagesOf(PAGES).pages, COLUMNS, {})).toBe(3)
  expect(written()).toBe('NAME  NOTE\na     -\nlonger  -\nb       -\n')
})

test('pages are printed as one line of JSON, also where there is nothing', async () => {
  const written = catchOutput()
  expect(await printPages(pagesOf(PAGES).pages, COLUMNS, { json: true })).toBe(3)
  expect(written()).toBe(`${JSON.stringify(PAGES.flat())}\n`)
  await printPages(pagesOf([[], []]).pages, COLUMNS, { json: true })
  expect(written()).toMatch(/\n\[\]\n$/)
})

test.each([{}, { json: true }] as const)(
  'once nobody reads, no other page is asked for: %j',
  async (flags) => {
    catchOutput(() => false)
    const { asked, pages } = pagesOf([[{ name: 'a' }], [{ name: 'b' }], [{ name: 'c' }]])
    expect(await printPages(pages, COLUMNS, flags)).toBe(1)
    expect(asked.count).toBe(1)
  },
)
