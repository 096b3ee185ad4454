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
import { type Silence, silenceAddress } from './silent-address.ts'

/** The cloud's own service, where there is one, answers within this time. */
const PROBE_MS = 1000

/** Marks the address as added by an agent, so that the next one knows it after a crash. */
const LABEL = 'lo:landfast'

const ADDRESS = ['address', 'add', `${VM_ADDRESS}/32`, 'dev', 'lo', 'label', LABEL, 'scope', 'host']
const REMOVAL = ['address', 'del', `${VM_ADDRESS}/32`, 'dev', 'lo']
const SHOWN = ['-o', 'address', 'show', 'to', `${VM_ADDRESS}/32`]

/** What the address needs of the system. */
export interface AddressHost {
  /** Whether a TCP connection to it comes about in time. */
  answers: () => Promise<boolean>
  /** The name of the interface that has it; undefined if none has. */
  findInterface: () => string | undefined
  /** What `ip` prints with these arguments. */
  runIp: (args: readonly string[]) => Promise<string>
  /** Keeps neighbours from getting an answer for the address. */
  silence: () => Silence
}

/**
 * Makes sure that this host has the address and nothing answers there.
 *
 * @param onHeard told that neighbours may take this host for the address's owner.
 * @returns what gives it back; the address itself stays where the operator has added it.
 * @throws {AgentError} `vm_address_answers` or `vm_address_missing`.
 */
export async function takeVmAddress(
  onHeard: () => void = () => {},
  host: AddressHost = SYSTEM,
): Promise<() => Promise<void>> {
  if (await host.answers()) throw new AgentError('vm_address_answers', `${VM_ADDRESS} port ${VM_PORT}`)
  const found = host.findInterface()
  const isOurs = found === undefined || found === LABEL
  // Before the address is there: a neighbour that asks meanwhile would remember the answer.
  const { isComplete, undo } = host.silence()
  if (found === undefined) {
    await host.runIp(ADDRESS).catch((cause) => {
      undo()
      throw new AgentError('vm_address_missing', VM_ADDRESS, cause)
    })
  }
  if (!isComplete || !(await isOfHostScope(host))) onHeard()
  return async () => {
    if (isOurs) await host.runIp(REMOVAL)
    undo()
  }
}

/** An address of another scope, as an operator may have added it, is answered for in any case. */
async function isOfHostScope({ runIp }: AddressHost): Promise<boolean> {
  const shown = await runIp(SHOWN).catch(() => '')
  return shown === '' || / scope host /.test(shown)
}

const SYSTEM: AddressHost = {
  answers,
  silence: silenceAddress,
  findInterface: () =>
    Object.entries(networkInterfaces()).find(([, all]) =>
      all?.some(({ address }) => address === VM_ADDRESS),
    )?.[0],
  runIp: async (args) => {
    const path = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`
    return (await promisify(execFile)('ip', args, { env: { ...process.env, PATH: path } })).stdout
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
