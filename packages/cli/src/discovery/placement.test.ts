import { describe, expect, test } from 'vitest'
import { type Found, formerAt, placing, removing } from './placement.ts'
import { PLACES, type Place } from './places.ts'

const FILE: Place = { path: '/opt/f', kind: 'file', content: 'new\n', mode: 0o755 }
const LINES: Place = { path: '/etc/l', kind: 'lines', content: '# ours\nA=1\n', mode: 0o644 }
const NOTHING: Found = { is: 'nothing' }
const OTHER: Found = { is: 'other' }
const text = (content: string): Found => ({ is: 'text', text: content })

describe('a file of ours', () => {
  test('is written where nothing is, and in the place of the one that we placed before', () => {
    expect(placing(FILE, NOTHING, undefined)).toEqual({ do: 'write', text: 'new\n' })
    expect(placing(FILE, text('old\n'), { ...FILE, content: 'old\n' })).toEqual({
      do: 'write',
      text: 'new\n',
    })
  })

  test('is left alone if it is as it should be', () => {
    expect(placing(FILE, text('new\n'), undefined)).toEqual({ do: 'nothing' })
  })

  test.each([text('theirs\n'), text(''), OTHER])('never takes the place of another: %j', (found) => {
    expect(placing(FILE, found, undefined)).toMatchObject({ do: 'conflict' })
    expect(placing(FILE, found, { ...FILE, content: 'old\n' })).toMatchObject({ do: 'conflict' })
  })

  test('is removed if nobody changed it since', () => {
    expect(removing(FILE, text('new\n'), true)).toEqual({ do: 'remove' })
    expect(removing(FILE, text('theirs\n'), true)).toEqual({ do: 'leave' })
    expect(removing(FILE, OTHER, true)).toEqual({ do: 'leave' })
    expect(removing(FILE, NOTHING, true)).toEqual({ do: 'nothing' })
  })
})

describe('lines of ours', () => {
  test('are added to what others have there', () => {
    expect(placing(LINES, text('B=2\n'), undefined)).toEqual({ do: 'write', text: 'B=2\n# ours\nA=1\n' })
    expect(placing(LINES, text('B=2\n# ours\nA=1\n'), undefined)).toEqual({ do: 'nothing' })
  })

  test('are not added where others set the same variable', () => {
    expect(placing(LINES, text('A=2\n'), undefined)).toMatchObject({ do: 'conflict' })
    expect(placing(LINES, text('A=2\n'), { ...LINES, content: '# ours\nA=2\n' })).toMatchObject({
      do: 'conflict',
    })
  })

  test('replace those of a former version', () => {
    const former = { ...LINES, content: '# old\nA=0\n' }
    expect(placing(LINES, text('# old\nA=0\nB=2\n'), former)).toEqual({
      do: 'write',
      text: '# ours\nA=1\nB=2\n',
    })
  })

  test('are taken out again, and the file goes if it was made for them', () => {
    expect(removing(LINES, text('B=2\n# ours\nA=1\n'), true)).toEqual({ do: 'write', text: 'B=2\n' })
    expect(removing(LINES, text('# ours\nA=1\n'), true)).toEqual({ do: 'remove' })
    expect(removing(LINES, text('# ours\nA=1\n'), false)).toEqual({ do: 'write', text: '' })
  })

  test('stay if somebody changed them, and are no concern if somebody removed them', () => {
    expect(removing(LINES, text('# ours\nA=7\n'), true)).toEqual({ do: 'leave' })
    expect(removing(LINES, text('B=2\n'), true)).toEqual({ do: 'nothing' })
  })
})

test('of what two versions placed, the one that is there counts', () => {
  const old = { ...FILE, content: 'old\n' }
  expect(formerAt([old, LINES, FILE], FILE.path, text('old\n'))).toBe(old)
  expect(formerAt([old, LINES, FILE], FILE.path, text('new\n'))).toBe(FILE)
  expect(formerAt([old, LINES, FILE], FILE.path, NOTHING)).toBe(FILE)
  expect(formerAt([old], LINES.path, text('old\n'))).toBeUndefined()
})

test('nothing that hides Arc from SDKs is ever placed', () => {
  const all = PLACES.map(({ content }) => content).join('')
  expect(all).not.toMatch(/IDENTITY_HEADER|MSI_ENDPOINT|MSI_SECRET/)
  expect(
    all.match(/IDENTITY_ENDPOINT=http:\/\/127\.0\.0\.1:40342\/metadata\/identity\/oauth2\/token/g),
  ).toHaveLength(2)
  expect(
    all.match(/IMDS_ENDPOINT=http:\/\/127\.0\.0\.1:40342$|IMDS_ENDPOINT=http:\/\/127\.0\.0\.1:40342\n/g),
  ).toHaveLength(2)
})
