/**
 * Finds the systemd unit and the container in which a process runs, from the text of `/proc/PID/cgroup`.
 *
 * Only what the host's systemd and its container engines named is believed. A user may name control groups below a
 * service that was delegated to it (`user@1000.service` is one) after any unit and any container.
 *
 * @see https://man7.org/linux/man-pages/man7/cgroups.7.html
 * @module
 */

/** A container, by the names that its control group has. */
export interface Container {
  /** 64 hexadecimal digits. */
  id: string
  /** The uid of the Kubernetes pod that it belongs to. */
  pod?: string
  /** Whether an engine of the host made it: not so below a service, where a user may have given it any name. */
  isHosts: boolean
}

/** Where a process runs; undefined is in no unit, or in no container. */
export interface Placement {
  unit: string | undefined
  container: Container | undefined
}

/** The hierarchy of systemd on hosts with control groups of version 1. */
const SYSTEMD = 'name=systemd'

const UNIT = /^[^/]+\.(?:service|scope|socket|mount|swap)$/

/** `docker-ID.scope`, `cri-containerd-ID.scope`, `crio-ID`, `libpod-ID.scope`, `SLICE:cri-containerd:ID`, `ID`. */
const CONTAINER = /(?:^|[-:])([0-9a-f]{64})(?:\.scope)?$/

/** The monitor of a container is not in it. */
const MONITOR = /conmon-/

const POD =
  /^kubepods.*?pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})|^pod([0-9a-f-]{32,36})$/

/** Services whose containers may lie below themselves. */
const ENGINES: ReadonlySet<string> = new Set([
  'containerd.service',
  'crio.service',
  'docker.service',
  'podman.service',
])

/** Reads the text of `/proc/PID/cgroup`, of version 1, 2 or both. */
export function parsePlacement(text: string): Placement {
  const paths = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (controllers !== undefined && path !== undefined) paths.set(controllers, partsOf(path))
  }
  const systemd = paths.get(SYSTEMD) ?? paths.get('') ?? []
  const containers = [systemd, ...paths.values()].map(containerIn)
  return { unit: unitIn(systemd), container: containers.find((found) => found !== undefined) }
}

/** Seen from a namespace of control groups, a path may begin by leaving it. */
function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '..')
}

/** Names below the first group that is no slice were given by the process that runs in it. */
function unitIn(parts: readonly string[]): string | undefined {
  const first = parts.find((part) => !part.endsWith('.slice'))
  if (first === undefined || !UNIT.test(first)) return undefined
  // Systemd writes this before names that the kernel has a use for.
  return first.startsWith('_') ? first.slice(1) : first
}

/** The outermost one: the names of those within it are its own affair. */
function containerIn(parts: readonly string[]): Container | undefined {
  const index = parts.findIndex((part) => CONTAINER.test(part) && !MONITOR.test(part))
  const [, id] = CONTAINER.exec(parts[index] ?? '') ?? []
  if (id === undefined) return undefined
  const above = parts.slice(0, index)
  const pod = podIn(parts.slice(0, index + 1))
  return {
    id,
    ...(pod !== undefined && { pod }),
    isHosts: above.every((part) => !UNIT.test(part) || ENGINES.has(part)),
  }
}

function podIn(parts: readonly string[]): string | undefined {
  for (const part of parts) {
    const [, inSlice, inFolder] = POD.exec(part) ?? []
    const pod = inSlice ?? inFolder
    if (pod !== undefined) return pod.replaceAll('_', '-')
  }
  return undefined
}
