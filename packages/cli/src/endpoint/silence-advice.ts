/**
 * What helps where no endpoint answers: it depends on what led there.
 *
 * @module
 */

/** Advice by what led to the endpoint. */
const ADVICE = {
  variables:
    'variables of this shell lead there: start anew what gave them, and read them again, or unset them',
  dev: 'see whether that "landfast dev" still runs, or start it anew',
  'federated-token':
    'a workload identity has no endpoint: programs exchange the file of AZURE_FEDERATED_TOKEN_FILE, as WorkloadIdentityCredential does',
  guess: 'start "landfast agent", or use "landfast run -- landfast token"',
} as const

/** What led to an endpoint; `federated-token` if the variables of a workload identity are all that there is. */
export type Lead = keyof typeof ADVICE

/** The sentence for an endpoint to which `lead` led, and that is silent by `reason`, the code of a system error. */
export function adviseOnSilence(lead: Lead, reason: string | undefined): string {
  return reason === 'ENETUNREACH' ? 'bring up the loopback interface: ip link set lo up' : ADVICE[lead]
}
