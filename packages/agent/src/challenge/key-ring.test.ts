import {
  KEY_FILE_REUSE_SECONDS,
  KEY_FIRST_USE_SECONDS,
  KEY_RETRY_SECONDS,
  KEYS_ALIVE_MAX,
} from '@landfast/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FakeClock } from '../../../../test/agent/fake-clock.ts'
import { MemoryKeyFiles } from '../../../../test/agent/memory-key-files.ts'
import { KeyRing } from './key-ring.ts'

/** Spent files kept for the next challenges. */
const FREE_FILES_MAX = 64

function setUp() {
  const clock = new FakeClock()
  const files = new MemoryKeyFiles(() => clock.monotonic())
  const ring = new KeyRing({ files, monotonic: () => clock.monotonic() })
  /** A challenge as a caller sees it that may read the key file. */
  const challenge = () => {
    const path = ring.issue()
    return { path, key: files.read(path) }
  }
  return { clock, files, ring, challenge }
}

test('a key is good when it is presented, and spent once', () => {
  const { ring, challenge } = setUp()
  const { key } = challenge()
  const presented = ring.present(key)
  expect(presented?.spend()).toBe(true)
  expect(presented?.spend()).toBe(false)
  expect(ring.present(key)).toBeUndefined()
})

test('a key file holds one line of printable characters whose name is the first part of the key', () => {
  const { challenge } = setUp()
  const { path, key } = challenge()
  expect(path).toBe(`/keys/${key.split('.')[0]}.key`)
  expect(key).toMatch(/^[0-9a-f-]{36}\.[\w-]{43}$/)
})

test('a key must first be presented within 60 seconds of its challenge', () => {
  const { clock, ring, challenge } = setUp()
  const inTime = challenge()
  clock.pass(1)
  const late = challenge()
  clock.pass(KEY_FIRST_USE_SECONDS - 1.001)
  expect(ring.present(inTime.key)).toBeDefined()
  clock.pass(1.001)
  expect(ring.present(late.key)).toBeUndefined()
})

test('a key presented in time stays good until 120 seconds after its first use, not its last', () => {
  const { clock, ring, challenge } = setUp()
  const { key } = challenge()
  clock.pass(KEY_FIRST_USE_SECONDS - 1)
  expect(ring.present(key)).toBeDefined()
  clock.pass(KEY_RETRY_SECONDS - 0.001)
  const presented = ring.present(key)
  expect(presented).toBeDefined()
  clock.pass(0.001)
  expect(ring.present(key)).toBeUndefined()
  expect(presented?.spend()).toBe(true)
})

test('of two requests that wait with one key, one gets its token', () => {
  const { ring, challenge } = setUp()
  const { key } = challenge()
  const [first, second] = [ring.present(key), ring.present(key)]
  expect(second?.spend()).toBe(true)
  expect(first?.spend()).toBe(false)
})

test('a request that waited with a spent key does not spend the next key of the same file', () => {
  const { ring, challenge } = setUp()
  const old = challenge()
  const [first, second] = [ring.present(old.key), ring.present(old.key)]
  first?.spend()
  const next = challenge()
  expect(next.path).toBe(old.path)
  const presented = ring.present(next.key)
  expect(second?.spend()).toBe(false)
  expect(presented?.spend()).toBe(true)
})

test.each([
  ['another secret', (key: string) => key.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))],
  ['a shorter secret', (key: string) => key.slice(0, -1)],
  ['a longer secret', (key: string) => `${key}A`],
  ['no secret', (key: string) => key.split('.')[0] ?? ''],
  ['an empty secret', (key: string) => `${key.split('.')[0]}.`],
  ['another name', (key: string) => key.replace(/^./, (first) => (first === '0' ? '1' : '0'))],
  ['nothing', () => ''],
  ['a dot', () => '.'],
  ['a name of every object', () => 'constructor.x'],
])('%s is no key, and does not use up the right one', (_, change) => {
  const { ring, challenge } = setUp()
  const { key } = challenge()
  expect(ring.present(change(key))).toBeUndefined()
  expect(ring.present(key)?.spend()).toBe(true)
})

test('the file of a spent key is written again, with another key', () => {
  const { files, ring, challenge } = setUp()
  const first = challenge()
  ring.present(first.key)?.spend()
  const second = challenge()
  expect(second.path).toBe(first.path)
  expect(second.key).not.toBe(first.key)
  expect(files.made).toBe(1)
  expect(ring.present(first.key)).toBeUndefined()
  expect(ring.present(second.key)).toBeDefined()
})

test('a file is not written again once it is 60 seconds old, but removed', () => {
  const { clock, files, ring, challenge } = setUp()
  const first = challenge()
  ring.present(first.key)?.spend()
  clock.pass(KEY_FILE_REUSE_SECONDS)
  const second = challenge()
  expect(second.path).not.toBe(first.path)
  expect([...files.contents.keys()]).toEqual([second.path])
})

test('a file counts from when it was made, however often it was written', () => {
  const { clock, files, ring, challenge } = setUp()
  for (let second = 0; second < 10 * KEY_FILE_REUSE_SECONDS; second += 7) {
    ring.present(challenge().key)?.spend()
    clock.pass(7)
  }
  expect(Math.max(...files.writings.map(({ at, madeAt }) => at - madeAt))).toBeLessThan(
    KEY_FILE_REUSE_SECONDS * 1000,
  )
  expect(files.made).toBeGreaterThan(5)
})

test('a reader that keeps its descriptor open sees no new key after 60 seconds', () => {
  const { clock, files, ring, challenge } = setUp()
  const watched = challenge()
  const seenAt = () => files.writings.filter(({ id }) => watched.path.includes(id)).at(-1)?.at ?? 0
  const openedAt = clock.monotonic()
  let { key } = watched
  for (let step = 0; step < 300; step += 1) {
    ring.present(key)?.spend()
    clock.pass(0.5)
    key = challenge().key
  }
  expect(seenAt() - openedAt).toBeGreaterThan(50_000)
  expect(seenAt() - openedAt).toBeLessThan(60_000)
})

test('a file that could not be overwritten is given up, and a new one made', () => {
  const { files, ring, challenge } = setUp()
  const first = challenge()
  ring.present(first.key)?.spend()
  files.stuck = true
  const second = challenge()
  expect(second.path).not.toBe(first.path)
  expect([...files.contents.keys()]).toEqual([second.path])
  expect(ring.present(second.key)).toBeDefined()
})

test('on a full disk no key is issued, spent files go on, and all is well when space returns', () => {
  const { files, ring, challenge } = setUp()
  const { key } = challenge()
  files.full = true
  expect(() => ring.issue()).toThrow('no space')
  ring.present(key)?.spend()
  expect(ring.present(challenge().key)).toBeDefined()
  expect(() => ring.issue()).toThrow('no space')
  files.full = false
  expect(ring.present(challenge().key)).toBeDefined()
})

test('past 4,096 keys the challenges of one second share a key that many may use', () => {
  const { clock, files, ring, challenge } = setUp()
  const keys = Array.from({ length: KEYS_ALIVE_MAX }, challenge)
  const shared = challenge()
  expect(challenge()).toEqual(shared)
  for (let use = 0; use < 3; use += 1) expect(ring.present(shared.key)?.spend()).toBe(true)
  clock.pass(1)
  expect(challenge().path).not.toBe(shared.path)
  expect(files.contents.size).toBe(KEYS_ALIVE_MAX + 2)
  expect(ring.alive).toBe(KEYS_ALIVE_MAX + 2)
  expect(ring.present(keys[0]?.key ?? '')?.spend()).toBe(true)
})

test('a shared key is good for 60 seconds, first use or not, and a wrong secret is not it', () => {
  const { clock, ring, challenge } = setUp()
  for (let index = 0; index < KEYS_ALIVE_MAX; index += 1) ring.issue()
  const { key } = challenge()
  expect(ring.present(`${key.slice(0, -1)}!`)).toBeUndefined()
  clock.pass(KEY_FIRST_USE_SECONDS - 0.001)
  expect(ring.present(key)).toBeDefined()
  clock.pass(0.001)
  expect(ring.present(key)).toBeUndefined()
})

test('keys that were presented and failed count as well', () => {
  const { files, ring, challenge } = setUp()
  for (let index = 0; index < KEYS_ALIVE_MAX; index += 1) ring.present(challenge().key)
  expect(challenge().path).toBe(challenge().path)
  expect(files.contents.size).toBe(KEYS_ALIVE_MAX + 1)
})

test('600,000 challenges never answered leave few files, and lock nobody out', () => {
  const { clock, files, ring, challenge } = setUp()
  for (let index = 1; index <= 600_000; index += 1) {
    ring.issue()
    if (index % 3000 === 0) clock.pass(1)
    if (index % 10_000 === 0) expect(ring.present(challenge().key)?.spend()).toBe(true)
  }
  const bound = KEYS_ALIVE_MAX + KEY_FIRST_USE_SECONDS + 1 + FREE_FILES_MAX
  expect(files.most).toBeLessThanOrEqual(bound)
  expect(ring.alive).toBeLessThanOrEqual(bound)
})

test('sweeping ends what nobody may present any more, a part at a time', () => {
  const { clock, files, ring, challenge } = setUp()
  for (let index = 0; index < 300; index += 1) ring.issue()
  for (let index = 0; index < 300; index += 1) ring.present(challenge().key)
  clock.pass(KEY_RETRY_SECONDS)
  ring.sweep()
  expect(files.contents.size).toBe(600 - 128)
  for (let sweep = 0; sweep < 4; sweep += 1) ring.sweep()
  expect(files.contents.size).toBe(0)
  expect(ring.alive).toBe(0)
})

test('sweeping leaves what may still be presented, and spent files that may still be written', () => {
  const { clock, files, ring, challenge } = setUp()
  ring.present(challenge().key)?.spend()
  clock.pass(KEY_FILE_REUSE_SECONDS - 1)
  const { path, key } = challenge()
  ring.sweep()
  expect([...files.contents.keys()]).toEqual([path])
  clock.pass(1)
  ring.sweep()
  expect([...files.contents.keys()]).toEqual([path])
  ring.present(key)?.spend()
  ring.sweep()
  expect(files.contents.size).toBe(0)
})

test('clearing removes every file and forgets every key', () => {
  const { files, ring, challenge } = setUp()
  ring.present(challenge().key)?.spend()
  const [used, issued] = [challenge().key, challenge().key]
  ring.present(used)
  for (let index = 0; index < KEYS_ALIVE_MAX; index += 1) ring.issue()
  const shared = challenge().key
  ring.clear()
  expect(files.contents.size).toBe(0)
  expect(ring.alive).toBe(0)
  for (const key of [used, issued, shared]) expect(ring.present(key)).toBeUndefined()
  expect(ring.present(challenge().key)?.spend()).toBe(true)
})

/** What is known of a key that was issued, by the rules alone. */
interface ModelKey {
  key: string
  issuedAt: number
  firstUsedAt: number | undefined
  spent: boolean
}

function isGood(model: ModelKey, now: number): boolean {
  if (model.spent) return false
  if (model.firstUsedAt !== undefined) return now - model.firstUsedAt < KEY_RETRY_SECONDS * 1000
  return now - model.issuedAt < KEY_FIRST_USE_SECONDS * 1000
}

/** A ring beside what the rules say of each of its keys. */
class Modelled {
  readonly #parts = setUp()
  /** Newest first. */
  readonly #issued: ModelKey[] = []

  issue(): void {
    const issuedAt = this.#parts.clock.monotonic()
    this.#issued.unshift({ ...this.#parts.challenge(), issuedAt, firstUsedAt: undefined, spent: false })
  }

  present(which: number, andSpend: boolean): void {
    const model = this.#issued[which]
    if (!model) return
    const now = this.#parts.clock.monotonic()
    const presented = this.#parts.ring.present(model.key)
    expect(presented !== undefined).toBe(isGood(model, now))
    if (!presented) return
    model.firstUsedAt ??= now
    if (andSpend) model.spent = presented.spend()
  }

  pass(seconds: number): void {
    this.#parts.clock.pass(seconds)
  }

  sweep(): void {
    this.#parts.ring.sweep()
  }

  /** The file of a key that is good still holds it, and none was written when it was too old. */
  check(): void {
    const { clock, files } = this.#parts
    const contents = [...files.contents.values()]
    const good = this.#issued.filter((model) => isGood(model, clock.monotonic()))
    for (const { key } of good) expect(contents).toContain(key)
    expect(files.writings.every(({ at, madeAt }) => at - madeAt < KEY_FILE_REUSE_SECONDS * 1000)).toBe(true)
  }
}

type Step = (ring: Modelled) => void

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>((ring) => ring.issue()),
  fc.constant<Step>((ring) => ring.sweep()),
  fc.tuple(fc.nat(6), fc.boolean()).map(
    ([which, andSpend]): Step =>
      (ring) =>
        ring.present(which, andSpend),
  ),
  fc.constantFrom(0.5, 1, 10, 29, 30, 59.999, 60, 119).map(
    (seconds): Step =>
      (ring) =>
        ring.pass(seconds),
  ),
)

test('whatever happens in whatever order, a key is good exactly when the rules say so', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const ring = new Modelled()
      for (const take of steps) {
        take(ring)
        ring.check()
      }
    }),
    { numRuns: 500 },
  )
})
