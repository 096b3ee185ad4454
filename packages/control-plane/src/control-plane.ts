/**
 * A control plane: registry, authority, certificates and storage put together behind one HTTPS server.
 *
 * @module
 */

import { join } from 'node:path'
import type { Enrolment, EnrolmentRequest } from '@landfast/protocol'
import type { OwnTokenWish } from './administrator/own-token.ts'
import { type CheckedOptions, type ControlPlaneOptions, checkOptions } from './options.ts'
import type { Machine } from './registry/machine.ts'
import { type RunningControlPlane, startControlPlane } from './running-control-plane.ts'
import { STATE_FILE } from './storage/state-folder.ts'

/** One control plane. A stopped one may be started again. */
export interface ControlPlane {
  /**
   * Opens the state folder, making what is missing in it, and listens.
   *
   * @throws {StorageError} if the folder cannot be used.
   */
  start(): Promise<void>
  /** Lets running requests end and closes everything; safe to call at any time and more than once. */
  stop(): Promise<void>
  /** `https://HOST:PORT`. @throws {Error} while it is not started. */
  readonly url: string
  /** The port that it listens on. @throws {Error} while it is not started. */
  readonly port: number
  /** The path of the CA certificate (PEM) by which clients know the server; it exists from the first start on. */
  readonly caFile: string
  /** @throws {Error} while it is not started. */
  readonly tenantId: string
  /** The subscription that the first start made. @throws {Error} while it is not started. */
  readonly subscriptionId: string
  /**
   * The path of `administrator.json`; undefined if this tenant's administrator was made in another state folder.
   *
   * @throws {Error} while it is not started.
   */
  readonly administratorFile: string | undefined
  /**
   * A join token, by which one machine may enrol within an hour; `resourceGroup` is made if there is none of that name.
   *
   * @throws {Error} while it is not started.
   */
  makeJoinToken(resourceGroup: string): Promise<string>
  /**
   * Enrols a machine of this process as the route of enrolment does, without the network: by a join token and the proof
   * of its key.
   *
   * @throws {Error} with the `code` of the refusal; or while it is not started.
   */
  enrol(request: EnrolmentRequest): Promise<Enrolment>
  /**
   * Lets a principal, named by its object id, see the subscription and everything in it: makes it a Reader there.
   *
   * @throws {Error} if it is one already; or while it is not started.
   */
  makeReader(principalId: string): Promise<void>
  /**
   * A token of any principal, with times of the caller's choice, made without a request: for emulators. It is on record as
   * any other is.
   *
   * @throws {Error} if there is no such principal; or while it is not started.
   */
  makeToken(wish: OwnTokenWish): Promise<string>
  /** The machine with this ARM id, or undefined if there is none. @throws {Error} while it is not started. */
  findMachine(resourceId: string): Promise<Machine | undefined>
  /**
   * Reads the certificate again that the option `tls` names.
   *
   * @throws {CertificateError} if it cannot be used; the former one stays.
   */
  reloadCertificate(): Promise<void>
  /** What it has counted, for the page of a companion. @throws {Error} while it is not started. */
  counters(): Promise<object[]>
}

/**
 * A control plane that does nothing before `start`.
 *
 * @throws {RangeError} if an option is outside its limits.
 */
export function createControlPlane(options: ControlPlaneOptions): ControlPlane {
  const checked = checkOptions(options)
  return controlPlaneOf(checked, createLife(checked))
}

/** The control plane whose life this is, which the caller keeps. */
export function controlPlaneOf(
  { stateFolder }: CheckedOptions,
  { start, stop, started }: Life,
): ControlPlane {
  return {
    start,
    stop,
    get url() {
      return started().url
    },
    get port() {
      return started().port
    },
    caFile: join(stateFolder, STATE_FILE.caCertificate),
    get tenantId() {
      return started().tenantId
    },
    get subscriptionId() {
      return started().subscriptionId
    },
    get administratorFile() {
      return started().administratorFile
    },
    makeJoinToken: async (resourceGroup) => started().onboarding.makeJoinToken(resourceGroup),
    enrol: async (request) => started().onboarding.enrol(request),
    makeReader: async (principalId) => started().makeReader(principalId),
    makeToken: async (wish) => started().makeToken(wish),
    findMachine: async (resourceId) => started().findMachine(resourceId),
    reloadCertificate: async () => started().reloadCertificate(),
    counters: async () => started().counters(),
  }
}

/** The starts and stops of one control plane. */
export interface Life {
  start(): Promise<void>
  stop(): Promise<void>
  /** @throws {Error} while it is not started. */
  started(): RunningControlPlane
}

/** Starts and stops one after the other, in whatever order they are asked for. */
export function createLife(options: CheckedOptions): Life {
  let starting: Promise<RunningControlPlane> | undefined
  let running: RunningControlPlane | undefined
  let stopping: Promise<void> = Promise.resolve()

  async function start(): Promise<void> {
    if (starting) throw new Error('the control plane is already started; stop it first')
    const mine = startAfter(stopping, options)
    starting = mine
    try {
      const started = await mine
      if (starting === mine) running = started
    } catch (error) {
      if (starting === mine) starting = undefined
      throw error
    }
  }

  function stop(): Promise<void> {
    const ending = starting
    starting = undefined
    running = undefined
    if (ending) stopping = end(ending)
    return stopping
  }

  function started(): RunningControlPlane {
    if (!running) throw new Error('the control plane is not started; await start() first')
    return running
  }

  return { start, stop, started }
}

async function startAfter(stopping: Promise<void>, options: CheckedOptions): Promise<RunningControlPlane> {
  await stopping
  return startControlPlane(options)
}

/** A failed start was already reported to its caller. */
async function end(starting: Promise<RunningControlPlane>): Promise<void> {
  const running = await starting.catch(() => undefined)
  await running?.close()
}
