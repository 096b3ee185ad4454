/**
 * A word to read the server's certificate again, as each process of a control plane follows it.
 *
 * @module
 */

import type { ControlPlane, ControlPlaneOptions } from '@landfast/control-plane'

/** Has `running` read it, and says in the log what came of that. */
export function reloadCertificate(running: ControlPlane, { log }: Pick<ControlPlaneOptions, 'log'>): void {
  running.reloadCertificate().then(
    () => log?.info('the server certificate was read again'),
    (err) => log?.error({ err }, 'the server certificate could not be read; the former one stays'),
  )
}
