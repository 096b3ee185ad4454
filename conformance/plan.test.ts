import { expect, test } from 'vitest'
import type { ClientFolder } from './client-folder.ts'
import { readOptions } from './options.ts'
import { chooseClients, makePlan } from './plan.ts'

const FOLDER: ClientFolder = {
  folder: '/nowhere',
  language: 'C',
  clients: [
    {
      name: 'libidentity',
      version: '1',
      styles: ['arc', 'azure-ml', 'workload-identity'],
      long: ['upstream-down'],
    },
  ],
  build: null,
  run: ['true'],
  needs: [],
}

function planOf(args: readonly string[], changes: Partial<ClientFolder> = {}) {
  const options = readOptions(args)
  const { lanes, cells } = makePlan(chooseClients([{ ...FOLDER, ...changes }], options), options, () => {})
  const places = lanes.flatMap((lane) => lane.places)
  const triedIn = (style: string, credential: string) =>
    places.filter((place) => place.style === style && place.credential === credential).map(({ name }) => name)
  return { places, cells, triedIn }
}

test('a client is tried in the styles that it knows and in no other', () => {
  const { places } = planOf([])
  expect([...new Set(places.map(({ style }) => style))]).toEqual(['arc', 'azure-ml', 'workload-identity'])
})

test('the column of workload identities has its own credential and its own cases', () => {
  const { places, triedIn } = planOf(['--all'])
  expect(triedIn('workload-identity', 'workload-identity')).toEqual([
    'cached',
    'proxy',
    'ten-at-once',
    'federated',
    'untrusted-token',
    'expired-token',
    'long-resource',
  ])
  expect(triedIn('workload-identity', 'managed-identity')).toEqual([])
  expect(triedIn('arc', 'workload-identity')).toEqual([])
  expect(places.filter(({ style }) => style === 'arc').map(({ name }) => name)).not.toContain('federated')
})

test('in most styles only those cases are tried that may come to another end there', () => {
  const { triedIn } = planOf([])
  expect(triedIn('arc', 'managed-identity')).toContain('expiry')
  expect(triedIn('azure-ml', 'managed-identity')).not.toContain('expiry')
  expect(triedIn('azure-ml', 'managed-identity')).toContain('denied')
  expect(planOf(['--all']).triedIn('azure-ml', 'managed-identity')).toContain('expiry')
})

test('older clients of a language that is compiled come with their own build, and only with --all', () => {
  const folder = { clients: [], older: FOLDER.clients }
  expect(() => planOf([], folder)).toThrow(/--all/)
  const { places, cells } = planOf(['--all'], folder)
  expect(places).toContainEqual(expect.objectContaining({ client: 'libidentity', version: '1' }))
  expect(cells).toEqual([])
})

test.each([
  ['--client', 'identity'],
  ['--client', 'C'],
])('%s %s chooses by a part of the name, or by the language', (...args) => {
  expect(planOf(args).places[0]).toMatchObject({ client: 'libidentity' })
})

test.each(['nope', 'c'])('a client "%s" that nobody knows is refused with those that there are', (name) => {
  expect(() => planOf(['--client', 'C', '--client', name])).toThrow(
    `there is no client "${name}"; they are C: libidentity`,
  )
})

test.each([
  [['--client', 'identity', '--style', 'app-service-2017']],
  [['--style', 'arc', '--case', 'federated', '--all']],
  [['--case', 'upstream-down']],
])('as "%s" leaves nothing to try it is refused', (args) => {
  expect(() => planOf(args)).toThrow(/^no such client knows/)
})

test('what takes a client minutes is tried with --all', () => {
  expect(planOf([]).triedIn('arc', 'managed-identity')).not.toContain('upstream-down')
  expect(planOf(['--all']).triedIn('arc', 'managed-identity')).toContain('upstream-down')
})

test('a chain is tried with the cases in which it may come to another end', () => {
  const { triedIn } = planOf([])
  expect(triedIn('arc', 'default')).toContain('denied')
  expect(triedIn('arc', 'default')).not.toContain('object-id')
})

test('a client whose tool chain is not there is not run, and says what is missing', () => {
  const { places, cells } = planOf([], { needs: ['no-such-compiler'] })
  expect(places).toEqual([])
  expect(new Set(cells.map(({ colour, reason }) => `${colour}: ${reason}`))).toEqual(
    new Set(['not run: there is no "no-such-compiler" on this machine']),
  )
})

test('a client that cannot be built although its tool chain is there is red', () => {
  const { cells } = planOf([], { build: ['false'], folder: import.meta.dirname })
  expect(new Set(cells.map(({ colour }) => colour))).toEqual(new Set(['red']))
})

test('on Windows only those cases are tried that may come to another end there, and those of it alone', () => {
  // Without Wine they are not run, and are the same.
  const onWindows = (...args: string[]) => {
    const { places, cells } = planOf(['--style', 'arc', ...args], { system: 'windows' })
    const own = [...places, ...cells].filter(({ credential }) => credential === 'managed-identity')
    expect(new Set(own.map(({ system }) => system))).toEqual(new Set(['windows']))
    return own.map(({ name }) => name)
  }
  expect(onWindows()).toEqual([
    'system-assigned',
    'client-id',
    'wrong-resource',
    'cached',
    'proxy',
    'marker',
    'key-file',
  ])
  expect(onWindows('--all')).toContain('expiry')
  expect(planOf(['--all']).triedIn('arc', 'managed-identity')).not.toContain('key-file')
})

test('a program that knows few cases is tried with no other', () => {
  expect(planOf(['--all'], { cases: ['denied'] }).triedIn('arc', 'managed-identity')).toEqual(['denied'])
})

test('whole programs are tried where they are asked for, and with their own cases', () => {
  const whole = { library: 'libidentity 1', version: [], shows: 'output', selectors: {} } as const
  expect(() => planOf([], { whole })).toThrow(/^no such client/)
  expect(() => planOf(['--programs'])).toThrow(/^no such client/)
  for (const args of [['--programs'], ['--all'], ['--client', 'libidentity']]) {
    const { places, triedIn } = planOf(args, { whole })
    expect(new Set(places.map(({ library }) => library))).toEqual(new Set(['libidentity 1']))
    expect(triedIn('arc', 'managed-identity')).toEqual([
      ...['system-assigned', 'client-id', 'object-id', 'resource-id', 'marker'],
    ])
    expect(triedIn('workload-identity', 'workload-identity')).toEqual(['federated'])
    expect(places.some(({ credential }) => credential === 'default')).toBe(false)
  }
})

test('only clients on the system that was chosen are tried', () => {
  expect(() => planOf(['--system', 'windows'])).toThrow(/^no such client/)
})
