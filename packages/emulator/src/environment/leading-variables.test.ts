import { COMPETING_VARIABLES } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { competingVariables } from './leading-variables.ts'

test('every competing variable is found, in any case', () => {
  const hostile = Object.fromEntries(COMPETING_VARIABLES.map((name) => [name, 'x']))
  expect(competingVariables({ ...hostile, PATH: '/bin' })).toEqual([...COMPETING_VARIABLES].sort())
  expect(competingVariables({ msi_endpoint: 'x' })).toEqual(['msi_endpoint'])
})
