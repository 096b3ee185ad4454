import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parsePlacement } from './control-group.ts'

const ID = '3f4e5d6c7b8a99887766554433221100ffeeddccbbaa00112233445566778899'
const OTHER_ID = '0'.repeat(64)
const POD = '0b8f1c1e-6a0e-4f0a-9d0c-00000000000a'
const SLICE = `kubepods-burstable-pod${POD.replaceAll('-', '_')}.slice`

const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 })
const unitName = fc.stringMatching(/^[a-z][a-z0-9@-]{0,20}\.service$/)

test.each([
  ['/system.slice/nginx.service', 'nginx.service'],
  ['/system.slice/system-getty.slice/getty@tty1.service', 'getty@tty1.service'],
  ['/system.slice/nginx.service/workers', 'nginx.service'],
  ['/user.slice/user-1000.slice/session-3.scope', 'session-3.scope'],
  ['/init.scope', 'init.scope'],
  ['/system.slice/_cpu.service', 'cpu.service'],
  ['/../../system.slice/nginx.service', 'nginx.service'],
  ['/', undefined],
  ['/system.slice', undefined],
  ['/docker', undefined],
])('in "%s" the unit is %s', (path, unit) => {
  expect(parsePlacement(`0::${path}\n`)).toEqual({ unit, container: undefined })
})

test.each([
  '/user.slice/user-1000.slice/user@1000.service/app.slice/nginx.service',
  '/user.slice/user-1000.slice/user@1000.service/nginx.service/nginx.service',
])('a unit that a user\u2019s own systemd runs is that user\u2019s, whatever its name: %s', (path) => {
  expect(parsePlacement(`0::${path}\n`).unit).toBe('user@1000.service')
})

test('a systemd inside a container names no unit of the host', () => {
  expect(parsePlacement(`0::/docker/${ID}/system.slice/nginx.service\n`).unit).toBeUndefined()
  expect(parsePlacement(`0::/system.slice/docker-${ID}.scope/system.slice/nginx.service\n`).unit).toBe(
    `docker-${ID}.scope`,
  )
})

describe('a container is known by its id, as it is named by', () => {
  test.each([
    ['Docker with systemd', `/system.slice/docker-${ID}.scope`],
    ['Docker by itself', `/docker/${ID}`],
    ['Docker in Docker', `/docker/${ID}/docker/${OTHER_ID}`],
    ['Podman', `/machine.slice/libpod-${ID}.scope/container`],
    ['Podman in a pod', `/machine.slice/machine-libpod_pod_${OTHER_ID}.slice/libpod-${ID}.scope`],
    ['Podman by itself', `/libpod_parent/libpod-${ID}`],
    ['nerdctl', `/system.slice/nerdctl-${ID}.scope`],
    ['Amazon ECS', `/ecs/0123456789abcdef/${ID}`],
  ])('%s', (_, path) => {
    expect(parsePlacement(`0::${path}\n`).container).toEqual({ id: ID, isHosts: true })
  })

  test.each([
    [
      'containerd of Kubernetes',
      `/kubepods.slice/kubepods-burstable.slice/${SLICE}/cri-containerd-${ID}.scope`,
    ],
    ['CRI-O of Kubernetes', `/kubepods.slice/kubepods-burstable.slice/${SLICE}/crio-${ID}.scope/container`],
    ['Docker of Kubernetes', `/kubepods.slice/kubepods-burstable.slice/${SLICE}/docker-${ID}.scope`],
    ['Kubernetes without systemd', `/kubepods/burstable/pod${POD}/${ID}`],
    ['containerd below itself', `/system.slice/containerd.service/${SLICE}:cri-containerd:${ID}`],
  ])('%s', (_, path) => {
    expect(parsePlacement(`0::${path}\n`).container).toEqual({ id: ID, pod: POD, isHosts: true })
  })
})

test('a static pod has a uid without hyphens', () => {
  const pod = 'a'.repeat(32)
  expect(parsePlacement(`0::/kubepods/besteffort/pod${pod}/${ID}\n`).container).toMatchObject({ pod })
})

test.each([
  `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope/container`,
  `/system.slice/build.service/docker-${ID}.scope`,
])('a container below a service may have been named by its user: %s', (path) => {
  expect(parsePlacement(`0::${path}\n`).container).toEqual({ id: ID, isHosts: false })
})

test.each([`/machine.slice/libpod-conmon-${ID}.scope`, '/docker/abc', `/system.slice/x${ID}.scope`])(
  'in "%s" is no container',
  (path) => {
    expect(parsePlacement(`0::${path}\n`).container).toBeUndefined()
  },
)

test('version 1 has the unit in the hierarchy of systemd, and the container in any', () => {
  const text = `12:memory:/docker/${ID}\n1:name=systemd:/system.slice/docker.service\n0::/elsewhere.service\n`
  expect(parsePlacement(text)).toEqual({
    unit: 'docker.service',
    container: { id: ID, isHosts: true },
  })
})

test('any text is read without a fault', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const { unit, container } = parsePlacement(text)
      expect(unit ?? '').not.toContain('/')
      expect(container?.id ?? ID).toMatch(/^[0-9a-f]{64}$/)
    }),
  )
})

test('whatever a user makes below its own service changes neither the unit nor makes a container of the host', () => {
  const below = fc.array(
    fc.oneof(
      unitName,
      hex,
      hex.map((id) => `docker-${id}.scope`),
      fc.constant(SLICE),
    ),
  )
  fc.assert(
    fc.property(below, (parts) => {
      const path = ['', 'user.slice', 'user-7.slice', 'user@7.service', ...parts].join('/')
      const { unit, container } = parsePlacement(`0::${path}\n`)
      expect(unit).toBe('user@7.service')
      expect(container?.isHosts ?? false).toBe(false)
    }),
  )
})

test('every unit below slices, and every container id, is read back', () => {
  fc.assert(
    fc.property(unitName, hex, (unit, id) => {
      const path = `/a.slice/a-b.slice/${unit}`
      expect(parsePlacement(`1:name=systemd:${path}\n4:memory:/docker/${id}\n`)).toEqual({
        unit,
        container: { id, isHosts: true },
      })
    }),
  )
})
