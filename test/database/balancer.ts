/**
 * A small load balancer for TCP: it asks each replica again and again whether it is ready, and sends new connections to those
 * that are, in turn. What does not come about there is its client's loss.
 *
 * @module
 */

import { once } from 'node:events'
import { request } from 'node:https'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { onTestFinished } from 'vitest'

const LOOK_EVERY_MS = 50

/** A running one. */
export interface Balancer {
  port: number
  /** Resolves when the replica at `port` counts as ready, or as not ready. */
  until(port: number, isReady: boolean): Promise<void>
  /** How many connections went to the replica at `port`. */
  sentTo(port: number): number
}

/** Starts one in front of the replicas at `ports`; it ends with the test. */
export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  const ready = new Set<number>()
  const sent = new Map(ports.map((port) => [port, 0]))
  const waiting: { port: number; isReady: boolean; resolve: () => void }[] = []
  let turn = 0
  const look = async (port: number) => {
    if (await isReady(port)) ready.add(port)
    else ready.delete(port)
    for (const one of waiting) if (one.port === port && ready.has(port) === one.isReady) one.resolve()
  }
  let isOver = false
  // One look after the other: the answer of an earlier one must not come after that of a later one.
  const watch = async (port: number) => {
    while (!isOver) {
      await look(port)
      await setTimeout(LOOK_EVERY_MS)
    }
  }
  for (const port of ports) void watch(port)
  const server = createServer(async (client) => {
    client.on('error', () => {})
    turn += 1
    const port = [...ready][turn % ready.size]
    // Counted when it is decided, so that nothing is under way when a replica is out.
    if (port !== undefined) sent.set(port, (sent.get(port) ?? 0) + 1)
    const replica = port === undefined ? undefined : await reach(port)
    if (replica) join(client, replica)
    else client.destroy()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    isOver = true
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    until: (port, isReadyThen) =>
      new Promise((resolve) => waiting.push({ port, isReady: isReadyThen, resolve })),
    sentTo: (port) => sent.get(port) ?? 0,
  }
}

async function isReady(port: number): Promise<boolean> {
  // Whose certificate it is does not matter here.
  const options = {
    host: '127.0.0.1',
    port,
    path: '/readyz',
    agent: false,
    rejectUnauthorized: false,
  } as const
  const { promise, resolve } = Promise.withResolvers<boolean>()
  request(options, (response) => resolve(response.resume().statusCode === 200))
    .on('error', () => resolve(false))
    .end()
  return await promise
}

async function reach(port: number): Promise<Socket | undefined> {
  const socket = connect({ host: '127.0.0.1', port })
  try {
    await once(socket, 'connect')
    return socket
  } catch {
    return undefined
  }
}

function join(client: Socket, replica: Socket): void {
  replica.on('error', () => client.destroy())
  client.on('close', () => replica.destroy())
  replica.on('close', () => client.destroySoon())
  client.pipe(replica)
  replica.pipe(client, { end: false })
}
