import { expect, test } from 'vitest'
import { type ClientFolder, whatIsMissing } from './client-folder.ts'

const FOLDER: ClientFolder = {
  folder: '.',
  language: 'C',
  clients: [],
  build: null,
  run: ['true'],
  needs: ['true'],
}

test('a client is left out where a program that it needs is not there, or where it is not to be had', () => {
  const here = `${process.platform}-${process.arch}`
  expect(whatIsMissing(FOLDER)).toBeUndefined()
  expect(whatIsMissing({ ...FOLDER, machines: [here] })).toBeUndefined()
  expect(whatIsMissing({ ...FOLDER, machines: ['beos-ppc'] })).toBe(
    `it is to be had for beos-ppc, not for ${here}`,
  )
  for (const need of ['no-such-program', 'no/such.file', '/no-such/*.so'])
    expect(whatIsMissing({ ...FOLDER, needs: [need] })).toBe(`there is no "${need}" on this machine`)
  expect(
    whatIsMissing({ ...FOLDER, folder: import.meta.dirname, needs: ['./clients/go/client.*'] }),
  ).toBeUndefined()
})
