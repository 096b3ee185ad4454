/**
 * A file with a federated token, renewed in place as the kubelet renews that of a pod.
 *
 * While no new token is to be had the former one stays in the file, even past its end: what a client makes of it says
 * more than a file that is gone.
 *
 * @see docs/federation.md
 * @module
 */

import { rename, writeFile } from 'node:fs/promises'
import type { Clock, SourceToken } from '@landfast/agent'

/** A file that could not be renewed is tried again after this time. */
const RETRY_SECONDS = 30

/** The share of a token's life after which it is renewed: a reader of the file has the other half to use it. */
const RENEWAL_SHARE = 0.5

/** What a file is made of. */
export interface FederatedTokenFileOptions {
  path: string
  /** Gets a new token; rejects if there is none to be had. */
  getToken: () => Promise<SourceToken>
  clock: Clock
}

/** One file. */
export class FederatedTokenFile {
  readonly #options: FederatedTokenFileOptions
  /** How long after `#since` it is renewed. */
  #pauseSeconds = 0
  #since = { now: 0, monotonic: 0 }
  #renewing: Promise<void> | undefined

  constructor(options: FederatedTokenFileOptions) {
    this.#options = options
  }

  /** Writes the file for the first time. @throws what `getToken` does, or the file system. */
  async write(): Promise<void> {
    const { accessToken, expiresInSeconds } = await this.#options.getToken()
    await replaceFile(this.#options.path, accessToken)
    this.#waitFor(expiresInSeconds * RENEWAL_SHARE)
  }

  /** Writes it anew if it is time to, once however often this is called meanwhile. Never rejects. */
  renewIfDue(): Promise<void> {
    if (!this.#renewing && !this.#isDue()) return Promise.resolve()
    this.#renewing ??= this.write()
      .catch(() => this.#waitFor(RETRY_SECONDS))
      .finally(() => {
        this.#renewing = undefined
      })
    return this.#renewing
  }

  #waitFor(seconds: number): void {
    const { clock } = this.#options
    this.#pauseSeconds = seconds
    this.#since = { now: clock.now(), monotonic: clock.monotonic() }
  }

  /** By whichever clock says so: one stands still while the machine sleeps, the other may be set back. */
  #isDue(): boolean {
    const { clock } = this.#options
    const passed = Math.max(clock.now() - this.#since.now, clock.monotonic() - this.#since.monotonic)
    return passed >= this.#pauseSeconds * 1000
  }
}

/** A reader meanwhile gets the former token or the new one, whole. */
async function replaceFile(path: string, content: string): Promise<void> {
  const draft = `${path}.new`
  await writeFile(draft, content, { mode: 0o600 })
  await rename(draft, path)
}
