import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { createFindControlGroup } from './control-group-folders.ts'

function start() {
  const root = temporaryFolder()
  const folder = join(root, 'system.slice', 'web.service')
  mkdirSync(folder, { recursive: true })
  mkdirSync(join(root, 'user.slice'))
  const find = createFindControlGroup(root)
  const run = (number: bigint) => {
    const work = find(number)
    let step = work.next()
    let yields = 0
    for (; !step.done; step = work.next()) yields++
    return { found: step.value, yields }
  }
  return { root, folder, number: statSync(folder, { bigint: true }).ino, run }
}

test('a control group is found by the number of its folder, and then remembered', () => {
  const { root, folder, number, run } = start()
  expect(run(number).found).toBe(folder)
  expect(run(number)).toEqual({ found: folder, yields: 0 })
  expect(run(statSync(root, { bigint: true }).ino).found).toBe(root)
})

test('one that is gone, or whose name another has now, is not found', () => {
  const { root, folder, number, run } = start()
  run(number)
  renameSync(folder, join(root, 'elsewhere'))
  mkdirSync(folder)
  expect(run(number).found).toBeUndefined()
  expect(run(number).found).toBe(join(root, 'elsewhere'))
  rmSync(join(root, 'elsewhere'), { recursive: true })
  expect(run(number).found).toBeUndefined()
})

test('where there are no control groups none is found', () => {
  expect([...createFindControlGroup('/nowhere')(5n)]).toHaveLength(1)
})
