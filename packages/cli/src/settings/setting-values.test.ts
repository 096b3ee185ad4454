import { expect, test } from 'vitest'
import { parseAudiences, parseWorkloadPlaces } from './setting-values.ts'

test('audiences are resources, separated by commas', () => {
  expect(parseAudiences(' https://a , api://b,')).toEqual(['https://a', 'api://b'])
})

test('a scope is no audience: no token would ever be for it', () => {
  expect(() => parseAudiences('https://a,https://b/.default')).toThrow('not "https://b/.default"')
})

test('places of workloads are addresses with ports, each once and in one form', () => {
  expect(parseWorkloadPlaces('10.88.0.1:40343, [FD00:0::1]:80,10.88.0.1:40343,[fd00::1]:80')).toEqual([
    { address: '10.88.0.1', port: 40_343 },
    { address: 'fd00::1', port: 80 },
  ])
  expect(parseWorkloadPlaces('')).toEqual([])
})

test.each([
  '10.88.0.1',
  '10.88.0.1:0',
  '10.88.0.1:65536',
  'fd00::1:80',
  '[fe80::1%eth0]:80',
  '[::ffff:10.88.0.1]:80',
  '[10.88.0.1]:80',
  'host.docker.internal:80',
  '10.88.0:80',
])('"%s" is no place of workloads', (text) => {
  expect(() => parseWorkloadPlaces(text)).toThrow(`not "${text}"`)
})
