/**
 * The address 169.254.169.254, which clients of the VM style ask if no variable names another: the agent takes it only
 * where nothing answers yet, and gives it back.
 *
 * @see docs/protocol.md#the-address-of-the-vm-style
 * @module
 */

import { execFile } from 'node:child_process'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { promisify } from 'node:util'
import { VM_ADDRESS, VM_PORT } from '@landfast/protocol'
import { AgentError } from '../errors.ts'

/** The cloud's own service, where there is one, answers within this time. */
const PROBE_MS = 1000

/** Marks the address as added by an agent, so that the next one knows it after a crash. */
const LABEL = 'lo:landfast'

const ADDRESS = ['address', 'add', `${VM_ADDRESS}/32`, 'dev', 'lo', 'label', LABEL, 'scope', 'host']
const REMOVAL = ['address', 'del', `${VM_ADDRESS}/32`, 'dev', 'lo']

/** What the address needs of the system. */
export interface AddressHost {
  /** Whether a TCP connection to it comes about in time. */
  answers: () => Promise<boolean>
  /** The name of the interface that has it; undefined if none has. */
  findInterface: () => string | undefined
  /** Runs `ip` with these arguments. */
  runIp: (args: readonly string[]) => Promise<void>
}

/**
 * Makes sure that this host has the address and nothing answers there.
 *
 * @returns what gives it back: nothing to do where the operator has added it.
 * @throws {AgentError} `vm_address_answers` or `vm_address_missing`.
 */
export async function takeVmAddress(host: AddressHost = SYSTEM): Promise<() => Promise<void>> {
  if (await host.answers()) throw new AgentError('vm_address_answers', `${VM_ADDRESS} port ${VM_PORT}`)
  const found = host.findInterface()
  if (found !== undefined && found !== LABEL) return async () => {}
  if (found === undefined) {
    await host.runIp(ADDRESS).catch((cause) => {
      throw new AgentError('vm_address_missing', VM_ADDRESS, cause)
    })
  }
  return () => host.runIp(REMOVAL)
}

const SYSTEM: AddressHost = {
  answers,
  findInterface: () =>
    Object.entries(networkInterfaces()).find(([, all]) =>
      all?.some(({ address }) => address === VM_ADDRESS),
    )?.[0],
  runIp: async (args) => {
    const path = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`
    await promisify(execFile)('ip', args, { env: { ...process.env, PATH: path } })
  },
}

function answers(): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect({ host: VM_ADDRESS, port: VM_PORT })
  socket.setTimeout(PROBE_MS, () => resolve(false))
  socket.once('connect', () => resolve(true))
  socket.once('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}
