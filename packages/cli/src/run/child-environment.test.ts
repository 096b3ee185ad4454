import { endpointVariables } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { childEnvironment, hostEnvironment } from './child-environment.ts'

const ENDPOINT = { style: 'app-service', url: 'http://127.0.0.1:5/msi/token', secret: 's' } as const
const LEADING = endpointVariables(ENDPOINT)

test('removed variables are gone, others stay, ours are set', () => {
  const child = childEnvironment({ MSI_ENDPOINT: 'x', KEPT: 'y' }, LEADING, ['MSI_ENDPOINT'])
  expect(child).not.toHaveProperty('MSI_ENDPOINT')
  expect(child).toMatchObject({ KEPT: 'y', IDENTITY_ENDPOINT: ENDPOINT.url, IDENTITY_HEADER: 's' })
})

test('an inherited IDENTITY_ENDPOINT gives way to ours even when nothing is removed', () => {
  expect(childEnvironment({ IDENTITY_ENDPOINT: 'x' }, LEADING, [])).toMatchObject({
    IDENTITY_ENDPOINT: ENDPOINT.url,
  })
})

test('each spelling of NO_PROXY keeps its hosts, or takes those of the other', () => {
  const both = childEnvironment({ NO_PROXY: 'a', no_proxy: 'b' }, LEADING, [])
  expect(both.NO_PROXY).toMatch(/^a,.*127\.0\.0\.1/)
  expect(both.no_proxy).toMatch(/^b,.*127\.0\.0\.1/)
  const one = childEnvironment({ no_proxy: 'b' }, LEADING, [])
  expect(one.NO_PROXY).toBe(one.no_proxy)
})

test("the host's NODE_OPTIONS, which were kept from Landfast's own Node, are the command's again", () => {
  expect(hostEnvironment({ LANDFAST_NODE_OPTIONS: '--inspect', A: 'a' })).toEqual({
    NODE_OPTIONS: '--inspect',
    A: 'a',
  })
  expect(hostEnvironment({ NODE_OPTIONS: '--inspect' })).toEqual({ NODE_OPTIONS: '--inspect' })
})
