import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { sharedInRun } from './shared-in-run.ts'

test('what several ask for at once is made once, and all get it', async () => {
  const name = `trial-${randomUUID()}`
  let made = 0
  const ask = () => sharedInRun(name, async ({ folder }) => ({ folder, made: ++made }))
  const [first, ...others] = await Promise.all([ask(), ask(), ask()])
  expect(first).toMatchObject({ made: 1, folder: expect.any(String) })
  expect(others).toEqual([first, first])
  expect(await ask()).toEqual(first)
})

test('who asks for what cannot be made is told why', async () => {
  const failed = sharedInRun(`trial-${randomUUID()}`, () => Promise.reject(new Error('the disk is full')))
  await expect(failed).rejects.toThrow('the disk is full')
})
