import { expect, test } from 'vitest'
import { workloadHosts } from './workload-host.ts'

const names = workloadHosts(['10.88.0.1', 'fd00:88:0::1'])

test.each([
  '10.88.0.1:40343',
  '10.88.0.1',
  '[fd00:88::1]:40343',
  'host.docker.internal:40343',
  'HOST.containers.internal',
])('%s names this host', (host) => {
  expect(names(host)).toBe(true)
})

test.each([
  undefined,
  '',
  'evil.example',
  '10.88.0.2:40343',
  '10.88.0.1.evil.example',
  'x.host.docker.internal',
  'localhost:40343',
  '127.0.0.1:40343',
  '10.88.0.1:40343:1',
  '10.88.0.1@evil.example',
])('%s does not', (host) => {
  expect(names(host)).toBe(false)
})
