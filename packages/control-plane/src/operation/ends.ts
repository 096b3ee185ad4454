/**
 * When what the control plane works with ends, and which version it is, as gauges for Prometheus. They are read from memory,
 * so that a page is there while the database is away.
 *
 * @see ../../../../docs/metrics.md
 * @module
 */

import type * as Prometheus from 'prom-client'
import type { SigningKeys } from '../authority/signing-keys.ts'

/** What is known of ends. */
export interface KnownEnds {
  /** The certificate that is shown to clients, and the CA's where it is ours. */
  certificateEnds(): Readonly<Record<string, Date>>
  signingKeys: Pick<SigningKeys, 'schedule'>
  /** For how long a key signs. */
  rotationDays: number
  /** The version of Landfast; undefined where nobody said it. */
  version: string | undefined
}

const DAY_MILLISECONDS = 86_400_000

/** Adds the gauges to `registry`. */
export function addEnds(
  { Gauge }: Pick<typeof Prometheus, 'Gauge'>,
  registry: Prometheus.Registry,
  { certificateEnds, signingKeys, rotationDays, version }: KnownEnds,
): void {
  const registers = [registry]
  new Gauge({
    name: 'landfast_control_plane_certificate_expiry_timestamp_seconds',
    help: 'When certificates end: the one of the server, and the one of its CA where that is its own',
    labelNames: ['certificate'],
    registers,
    collect() {
      for (const [certificate, end] of Object.entries(certificateEnds()))
        this.set({ certificate }, secondsOf(end))
    },
  })
  new Gauge({
    name: 'landfast_control_plane_signing_key_rotation_timestamp_seconds',
    help: 'When another key is to sign tokens',
    labelNames: [],
    registers,
    collect() {
      const end = signingEnd(signingKeys.schedule(), rotationDays)
      this.set(end === undefined ? Number.NaN : secondsOf(end))
    },
  })
  new Gauge({
    name: 'landfast_build_info',
    help: 'The version of the control plane and of its runtime',
    labelNames: ['version', 'node'],
    registers,
  }).set({ version: version ?? 'unknown', node: process.versions.node }, 1)
}

/** When the key that signs now makes room for the next one; undefined if none signs. */
export function signingEnd(
  keys: ReturnType<SigningKeys['schedule']>,
  rotationDays: number,
): Date | undefined {
  const signing = keys.find(({ signs }) => signs)
  if (!signing) return undefined
  const next = keys
    .filter(({ signsFrom }) => signsFrom > signing.signsFrom)
    .toSorted((one, other) => one.signsFrom.getTime() - other.signsFrom.getTime())
    .at(0)
  return next?.signsFrom ?? new Date(signing.signsFrom.getTime() + rotationDays * DAY_MILLISECONDS)
}

function secondsOf(time: Date): number {
  return time.getTime() / 1000
}
