/**
 * Scenarios: faults in the order in which they come when something happens that has happened in Azure.
 *
 * @see docs/emulator.md#scenarios
 * @module
 */

import type { FaultOptions } from './fault.ts'

/** One row a scenario, each from documentation or from reports of users. */
export const SCENARIOS = {
  /**
   * The endpoint comes up later than the program, and is not ready at once.
   *
   * @see https://github.com/microsoft/azure-container-apps/issues/568
   * @see https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token#error-handling
   */
  'cold-start': [
    { kind: 'connection-refused', forSeconds: 2 },
    { kind: 'status', status: 404 },
    { kind: 'status', status: 500 },
    { kind: 'latency', delaySeconds: 2 },
  ],
  /**
   * The service limits how often it is asked.
   *
   * @see https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service#rate-limiting
   * @see https://github.com/Azure/azure-sdk-for-net/issues/19190
   */
  throttled: [{ kind: 'status', status: 429, retryAfterSeconds: 1, times: 3 }],
  /**
   * There is no token in a region, here for a minute.
   *
   * @see https://azure.status.microsoft/status/history/?trackingId=FTVR-L9Z
   */
  'region-down': [{ kind: 'status', status: 503, forSeconds: 60 }],
  /**
   * The agent is updated: it is away for some seconds, and what connects first after that is cut off once more.
   *
   * @see https://learn.microsoft.com/azure/azure-arc/servers/manage-agent
   */
  'agent-restart': [{ kind: 'connection-refused', forSeconds: 3 }, { kind: 'connection-reset' }],
  /**
   * An identity was assigned a moment ago, and the service does not know it yet.
   *
   * @see https://github.com/Azure/aad-pod-identity/issues/509
   */
  'identity-not-yet-known': [{ kind: 'status', status: 400, times: 2 }],
} as const satisfies Readonly<Record<string, readonly FaultOptions[]>>

/** The name of a scenario. */
export type Scenario = keyof typeof SCENARIOS

/** The name of every scenario. */
export const SCENARIO_NAMES = Object.keys(SCENARIOS) as Scenario[]
