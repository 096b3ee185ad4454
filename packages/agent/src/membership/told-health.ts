/**
 * What a machine tells its control plane of the parts of its agent: the codes of what fails and since when, never a
 * sentence, since that could hold more than the control plane is to know.
 *
 * @see docs/onboarding.md#health
 * @module
 */

import { HEALTH_CODE_PATTERN, HEALTH_PARTS_MAX, type PartHealth } from '@landfast/protocol'
import type { PartLook } from './part-look.ts'

/** For a code that is none. */
const UNKNOWN_CODE = 'internal'

const CODE = new RegExp(HEALTH_CODE_PATTERN)

/** Remembers since when each part is as it is. */
export class ToldHealth {
  readonly #now: () => number
  #last = new Map<string, PartHealth>()

  /** @param now milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** What is told of `looks`: what fails first, and no more than a control plane takes. */
  of(looks: readonly PartLook[]): readonly PartHealth[] {
    const failing = looks.filter(({ fault }) => fault)
    const good = looks.filter(({ fault }) => !fault)
    const health = new Map<string, PartHealth>()
    for (const look of [...failing, ...good]) {
      if (health.size === HEALTH_PARTS_MAX) break
      if (!health.has(look.part)) health.set(look.part, this.#told(look))
    }
    this.#last = health
    return [...health.values()]
  }

  #told({ part, fault }: PartLook): PartHealth {
    const code = fault && (CODE.test(fault.code) ? fault.code : UNKNOWN_CODE)
    const last = this.#last.get(part)
    if (last && last.ok === !fault && last.code === code) return last
    const since = new Date(fault?.since ?? this.#now()).toISOString()
    return { part, ok: !fault, ...(code !== undefined && { code }), since }
  }
}
