import { expect, test } from 'vitest'
import { surroundings } from '../../../test/client/surrounded.ts'
import { choose, type Kind, kindOf, look, type SourceName } from './chain.ts'
import { ClientError } from './errors.ts'
import type { Source } from './source.ts'

const WANTED = {
  selected: undefined,
  clientId: undefined,
  tenantId: undefined,
  authorityHost: undefined,
} as const

/** A kind whose source is here, or is not for a reason. */
function kind(name: SourceName, managed: boolean, absence?: string): Kind {
  const source: Source = { place: name, foundBy: 'a test', ask: () => expect.unreachable() }
  return { name, managed, find: () => absence ?? source }
}

/** What is chosen of `kinds`, where each that is here gives its place, but those of `failures`. */
function chooseOf(kinds: Kind[], failures: Partial<Record<SourceName, Error>> = {}) {
  return choose(kinds, surroundings(), { ...WANTED, vm: 'probed' }, async ({ place }) => {
    const failure = failures[place as SourceName]
    if (failure) throw failure
    return place
  })
}

const missing = (what: string) => new ClientError('identity_missing', what)

test('a managed identity is asked after a source of another kind that has nothing', async () => {
  const kinds = [kind('environment', false), kind('app-service', true), kind('vm', true)]
  expect(await chooseOf(kinds, { environment: missing('x') })).toMatchObject({ given: 'app-service' })
})

test('of the managed identities only the first that is here is asked, and what follows them is', async () => {
  const kinds = [kind('arc', true, 'gone'), kind('app-service', true), kind('vm', true), kind('azd', false)]
  const looks: unknown[] = []
  for await (const { name, source, reason } of look(kinds, surroundings(), { ...WANTED, vm: 'probed' })) {
    looks.push([name, source?.place ?? reason])
  }
  expect(looks).toEqual([
    ['arc', 'gone'],
    ['app-service', 'app-service'],
    ['vm', 'not looked at, since app-service is here'],
    ['azd', 'azd'],
  ])
  expect(await chooseOf(kinds, { 'app-service': missing('x') })).toMatchObject({ given: 'azd' })
})

test('where several are here and have nothing, the error has a line for each, and their errors', async () => {
  const failures = { 'app-service': missing('one'), azd: missing('two') }
  const kinds = [kind('environment', false, 'not set'), kind('app-service', true), kind('azd', false)]
  const error = await chooseOf(kinds, failures).catch((caught) => caught)
  expect(error).toMatchObject({ code: 'no_source', cause: { errors: Object.values(failures) } })
  for (const line of ['environment: not set', 'app-service: ', 'azd: ']) expect(error.message).toContain(line)
  for (const { message } of Object.values(failures)) expect(error.message).toContain(message)
})

test('where one is here and has nothing, its own error is all', async () => {
  const failure = missing('one')
  const kinds = [kind('environment', false, 'not set'), kind('app-service', true)]
  await expect(chooseOf(kinds, { 'app-service': failure })).rejects.toBe(failure)
})

test('an error that is no word of having nothing stops the chain, also where others are here', async () => {
  const failure = new Error('broken')
  const kinds = [kind('environment', false), kind('azd', false)]
  await expect(chooseOf(kinds, { environment: failure })).rejects.toBe(failure)
})

test.each(['nonsense', 'x'.repeat(1000), undefined])(
  '%j is no source, and those that are one are named',
  (name) => {
    const error = catchOf(() => kindOf(name as SourceName))
    expect(error).toMatchObject({ code: 'option_invalid' })
    expect(error.message).toContain(', app-service, ')
    expect(error.message.length).toBeLessThan(500)
  },
)

function catchOf(what: () => unknown): Error {
  try {
    what()
  } catch (error) {
    return error as Error
  }
  return expect.unreachable()
}
