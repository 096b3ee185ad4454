import { expect, test } from 'vitest'
import { Slots } from './slots.ts'

test('so many jobs run at once, the others wait their turn in order', async () => {
  const slots = new Slots({ total: 2, each: 2 })
  const jobs = Array.from({ length: 5 }, () => Promise.withResolvers<number>())
  const started: number[] = []
  const results = jobs.map((job, index) =>
    slots.run('me', () => {
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
  const slots = new Slots({ total: 1, each: 1 })
  const fail = () => slots.run('me', () => Promise.reject(new Error('failed')))
  await Promise.all([expect(fail()).rejects.toThrow('failed'), expect(fail()).rejects.toThrow('failed')])
  expect(await slots.run('me', async () => 'done')).toBe('done')
})

test('a job that throws at once frees its slot', async () => {
  const slots = new Slots({ total: 1, each: 1 })
  const thrown = slots.run('me', () => {
    throw new Error('thrown')
  })
  await expect(thrown).rejects.toThrow('thrown')
  expect(await slots.run('me', async () => 'done')).toBe('done')
})

test('one sharer leaves some slots free, and who comes later has its turn before all that another waits for', async () => {
  const slots = new Slots({ total: 3, each: 2 })
  const started: string[] = []
  const hold = (sharer: string) => {
    const job = Promise.withResolvers<void>()
    slots.run(sharer, () => {
      started.push(sharer)
      return job.promise
    })
    return job.resolve
  }
  const greedy = Array.from({ length: 100 }, () => hold('greedy'))
  expect(started).toEqual(['greedy', 'greedy'])
  hold('late')
  hold('late')
  hold('later')
  expect(started).toEqual(['greedy', 'greedy', 'late'])
  greedy[0]?.()
  await expect.poll(() => started.slice(3)).toEqual(['later'])
  greedy[1]?.()
  await expect.poll(() => started.slice(4)).toEqual(['greedy'])
})

/** A sharer's jobs that end when told to, and how many of each began. */
function jobsIn(slots: Slots) {
  const begun: Record<string, number> = {}
  const begin = (sharer: string) => {
    const job = Promise.withResolvers<void>()
    const ended = slots.run(sharer, () => {
      begun[sharer] = (begun[sharer] ?? 0) + 1
      return job.promise
    })
    return async () => {
      job.resolve()
      await ended
    }
  }
  return { begun, begin }
}

test('whatever waited and started counts as well: never do more run than there are slots', async () => {
  const { begun, begin } = jobsIn(new Slots({ total: 2, each: 2 }))
  const [first, second] = [begin('one'), begin('one'), begin('one'), begin('one')]
  await first?.()
  expect(begun).toEqual({ one: 3 })
  begin('one')
  expect(begun).toEqual({ one: 3 })
  await second?.()
  expect(begun).toEqual({ one: 4 })
})

test('who has some running is held to its share whenever another of its jobs ends', async () => {
  const { begun, begin } = jobsIn(new Slots({ total: 9, each: 2 }))
  const [first] = [begin('one'), begin('one')]
  await first?.()
  for (let count = 0; count < 3; count += 1) begin('one')
  expect(begun).toEqual({ one: 3 })
})
