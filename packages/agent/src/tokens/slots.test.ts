import { expect, test } from 'vitest'
import { Slots } from './slots.ts'

test('so many jobs run at once, the others wait their turn in order', async () => {
  const slots = new Slots(2)
  const jobs = Array.from({ length: 5 }, () => Promise.withResolvers<number>())
  const started: number[] = []
  const results = jobs.map((job, index) =>
    slots.run(() => {
      started.push(index)
      return job.promise
    }),
  )
  expect(started).toEqual([0, 1])
  jobs[1]?.resolve(1)
  await results[1]
  await expect.poll(() => started).toEqual([0, 1, 2])
  for (const [index, job] of jobs.entries()) job.resolve(index)
  expect(await Promise.all(results)).toEqual([0, 1, 2, 3, 4])
  expect(started).toEqual([0, 1, 2, 3, 4])
})

test('a job that fails frees its slot', async () => {
  const slots = new Slots(1)
  const fail = () => slots.run(() => Promise.reject(new Error('failed')))
  await Promise.all([expect(fail()).rejects.toThrow('failed'), expect(fail()).rejects.toThrow('failed')])
  expect(await slots.run(async () => 'done')).toBe('done')
})

test('a job that throws at once frees its slot', async () => {
  const slots = new Slots(1)
  const thrown = slots.run(() => {
    throw new Error('thrown')
  })
  await expect(thrown).rejects.toThrow('thrown')
  expect(await slots.run(async () => 'done')).toBe('done')
})
