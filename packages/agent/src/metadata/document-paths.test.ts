import { parseTarget, STYLE_NAMES, STYLES } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { findDocument } from './document-paths.ts'

/** The name of the document that a request target leads to, and the parts below it. */
function find(kind: 'vm' | 'arc', target: string) {
  const found = findDocument(kind, parseTarget(target).path)
  return found && [found.name, ...found.parts]
}

test.each([
  ['/metadata/instance', ['instance']],
  ['/metadata/instance/', ['instance']],
  ['//metadata//instance', ['instance']],
  ['/metadata/instance?api-version=2021-02-01', ['instance']],
  ['/metadata/instance/compute/tagsList/0/name', ['instance', 'compute', 'tagsList', '0', 'name']],
  ['/metadata/instance//compute//', ['instance', 'compute']],
  ['/metadata/versions', ['versions']],
  ['/metadata/identity/info', ['identity-info']],
  ['/metadata/attested/document', ['attested']],
  ['/metadata/scheduledevents', ['scheduled-events']],
  ['/metadata/loadbalancer', ['load-balancer']],
])('on a VM, %s leads to %j', (target, expected) => {
  expect(find('vm', target)).toEqual(expected)
})

test.each([
  '',
  '/',
  '*',
  '/metadata',
  '/metadata/instances',
  '/metadata/Instance',
  '/metadata%2Finstance',
  '/metadata/instance%2Fcompute',
  '/metadata/./instance',
  '/metadata/versions/0',
  '/metadata/attested',
  '/metadata/attested/document/x',
  '/metadata/identity',
  '/metadata/identity/getplatformmetadata',
  '/metadata/identity/issuecredential',
  '/metadata/maintenance',
  '/__proto__',
  '/constructor',
  '/agentstatus',
])('on a VM, %j leads to no document', (target) => {
  expect(find('vm', target)).toBeUndefined()
})

test('on Arc there are the instance document and the status of the agent, and nothing else', () => {
  expect(find('arc', '/metadata/instance/compute')).toEqual(['instance', 'compute'])
  expect(find('arc', '/agentstatus')).toEqual(['agent-status'])
  for (const target of ['/metadata/versions', '/metadata/identity/info', '/metadata/attested/document']) {
    expect(find('arc', target)).toBeUndefined()
  }
})

test('only the status of the agent is for whoever asks', () => {
  expect(findDocument('arc', '/agentstatus')?.isOpen).toBe(true)
  expect(findDocument('arc', '/metadata/instance')?.isOpen).toBe(false)
  expect(findDocument('vm', '/metadata/attested/document')?.isOpen).toBe(false)
})

test.each(STYLE_NAMES)('no document takes the place of the token endpoint of the style %s', (name) => {
  for (const kind of ['vm', 'arc'] as const) expect(findDocument(kind, STYLES[name].path)).toBeUndefined()
})
