import { expect, test } from 'vitest'
import { placesOf } from '../packages/agent/src/endpoint/places.ts'
import { COLUMNS } from './columns.ts'

test('where something stands before the agent, the agent leaves it the platform’s port', () => {
  expect(placesOf(COLUMNS.arc.elsewhere())).toMatchObject({ place: { port: 0 }, platform: undefined })
})
