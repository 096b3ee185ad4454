/**
 * The emulator's container once it runs: what leads programs to it, whose tokens it gives, and its faults.
 *
 * @module
 */

import { createInterface } from 'node:readline'
import { endpointVariables, noProxyValue, type StyleName, styleOf } from '@landfast/protocol'
import { AbstractStartedContainer, type StartedTestContainer } from 'testcontainers'

/** Where it answers in its container. */
export const ENDPOINT_PORT = 40_342

const PROGRAM = '/usr/bin/landfast'

/** An identity whose tokens it gives. */
export interface EmulatedIdentity {
  clientId: string
  /** Its object id, the claim `oid`. */
  principalId: string
  resourceId: string
}

/** What it says of itself. */
export interface ContainerNotes extends EmulatedIdentity {
  tenantId: string
  identities?: Record<string, EmulatedIdentity>
}

interface StartedNotes extends ContainerNotes {
  style: StyleName
  secret: string
}

/** An emulator that runs. */
export class StartedLandfastContainer extends AbstractStartedContainer {
  readonly #notes: StartedNotes

  constructor(started: StartedTestContainer, notes: StartedNotes) {
    super(started)
    this.#notes = notes
  }

  /** The variables by which a program on this host finds it: of your tests, or of a process that they start. */
  get env(): Record<string, string> {
    return this.#lead(`${this.getHost()}:${this.getMappedPort(ENDPOINT_PORT)}`)
  }

  /** The variables by which a container finds it on a network that both are on, where `host` is its alias. */
  envFor(host: string): Record<string, string> {
    return this.#lead(`${host}:${ENDPOINT_PORT}`)
  }

  get tenantId(): string {
    return this.#notes.tenantId
  }

  /** The machine's own identity. */
  get identity(): EmulatedIdentity {
    const { clientId, principalId, resourceId } = this.#notes
    return { clientId, principalId, resourceId }
  }

  /** Its user-assigned identities, by name. */
  get identities(): Readonly<Record<string, EmulatedIdentity>> {
    return this.#notes.identities ?? {}
  }

  /** Has faults from now on, as `landfast fault` takes them. @throws {Error} with its message. */
  async fault(...faults: readonly string[]): Promise<void> {
    await this.#run('fault', ...faults)
  }

  /** Ends every fault. */
  async clearFaults(): Promise<void> {
    await this.#run('fault', '--clear')
  }

  #lead(host: string): Record<string, string> {
    const { style, secret, clientId } = this.#notes
    const url = `http://${host}${styleOf(style).path}`
    const withClient = 'clientId' in styleOf(style).variables
    const variables = endpointVariables({ style, url, secret, ...(withClient && { clientId }) })
    const past = noProxyValue(new URL(url).hostname)
    return { ...variables, NO_PROXY: past, no_proxy: past }
  }

  async #run(...args: readonly string[]): Promise<void> {
    const { exitCode, output } = await this.exec([PROGRAM, ...args])
    if (exitCode !== 0) throw new Error(output.trim())
  }
}

/** The line that it printed when it answered. */
export async function readNotes(started: StartedTestContainer): Promise<ContainerNotes> {
  const log = await started.logs()
  try {
    for await (const line of createInterface(log)) if (line.startsWith('{')) return JSON.parse(line)
  } finally {
    log.destroy()
  }
  throw new Error('the emulator ended before it said where it is')
}
