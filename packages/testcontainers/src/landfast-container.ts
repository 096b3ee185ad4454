/**
 * The emulator's container before it is started: open this first.
 *
 * @see docs/ci.md#testcontainers
 * @module
 */

import { randomBytes } from 'node:crypto'
import type { StyleName } from '@landfast/protocol'
import { GenericContainer, Wait } from 'testcontainers'
import { ENDPOINT_PORT, readNotes, StartedLandfastContainer } from './started-container.ts'

/** The image of this version. */
const IMAGE = 'landfast-emulator:0.1.0'

/** The first line that it prints, once it answers. */
const STARTED = /^\{"style":.*\}$/

const SECRET_BYTES = 32

/** Styles whose callers prove themselves by a secret alone, as callers of another host have to. */
export type ContainerStyle = StyleName & ('app-service' | 'app-service-2017' | 'azure-ml')

/** An emulator to be started: `await using identity = await new LandfastContainer().start()`. */
export class LandfastContainer extends GenericContainer {
  readonly #flags: string[] = []
  readonly #secret = randomBytes(SECRET_BYTES).toString('base64url')
  #style: ContainerStyle = 'app-service'

  /** @param image another name of the image, such as that in your registry. */
  constructor(image = IMAGE) {
    super(image)
    this.withExposedPorts(ENDPOINT_PORT)
    this.withEnvironment({ LANDFAST_IDENTITY_HEADER: this.#secret })
    this.withWaitStrategy(Wait.forLogMessage(STARTED))
  }

  /** As what service it answers. Default `app-service`. */
  withStyle(style: ContainerStyle): this {
    this.#style = style
    return this
  }

  /** Gives the machine a user-assigned identity beside its own. */
  withIdentity(name: string): this {
    return this.#with('--identity', name)
  }

  /** Writes an app role into the tokens of a user-assigned identity for `audience`. */
  withIdentityRole(name: string, audience: string, role: string): this {
    return this.#with('--identity-role', `${name}=${audience}=${role}`)
  }

  /** Writes an app role into the tokens of the machine's own identity for `audience`. */
  withRole(audience: string, role: string): this {
    return this.#with('--role', `${audience}=${role}`)
  }

  /** A fault from the start, as `landfast dev --fault` takes it. */
  withFault(fault: string): this {
    return this.#with('--fault', fault)
  }

  /** Starts it, and waits until it answers. */
  override async start(): Promise<StartedLandfastContainer> {
    this.withCommand(['--json', '--as', this.#style, ...this.#flags])
    const started = await super.start()
    const notes = await readNotes(started)
    return new StartedLandfastContainer(started, { ...notes, style: this.#style, secret: this.#secret })
  }

  #with(flag: string, value: string): this {
    this.#flags.push(flag, value)
    return this
  }
}
