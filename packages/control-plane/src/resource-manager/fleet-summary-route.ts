/**
 * Landfast's routes that tell how a fleet is, in a subscription or in a resource group, for which Azure has none.
 *
 * @see ../../../../docs/fleet.md
 * @module
 */

import type { ArmServerParts } from '../admission/arm-server.ts'
import { type ArmAnswer, type ArmRequest, type ArmRoute, armRoute } from '../arm/arm-route.ts'
import { countRefusals } from '../audit/refusal-counts.ts'
import { ROOT_SCOPE } from '../authorization/scope.ts'
import { createFleetCounts, type FleetCount, type FleetLook } from '../fleet/fleet-counts.ts'
import { OTHER_VERSIONS } from '../fleet/machine-counts.ts'
import { replicasSeen } from '../storage/replica-table.ts'
import type { Storage } from '../storage/storage.ts'
import { requireGroup } from './resource-group.ts'

const NUMBER = { type: 'integer' } as const
const TEXT = { type: 'string' } as const
const TIME = { type: 'string', format: 'date-time' } as const

function numbers(...names: string[]) {
  return { type: 'object', properties: Object.fromEntries(names.map((name) => [name, NUMBER])) } as const
}

const SUMMARY = {
  type: 'object',
  properties: {
    countedAt: TIME,
    countedSoFar: NUMBER,
    machines: NUMBER,
    disabled: NUMBER,
    failing: NUMBER,
    byStatus: numbers('AwaitingConnection', 'Connected', 'Disconnected', 'Expired'),
    byCertificateEnd: numbers('ended', 'within7Days', 'within30Days', 'later', 'none'),
    byAgentVersion: {
      type: 'array',
      items: { type: 'object', properties: { agentVersion: TEXT, machines: NUMBER } },
    },
    otherAgentVersions: NUMBER,
    refusals: {
      type: 'object',
      properties: {
        since: TIME,
        kinds: {
          type: 'array',
          items: { type: 'object', properties: { action: TEXT, code: TEXT, refusals: NUMBER } },
        },
      },
    },
    replicas: {
      type: 'array',
      items: { type: 'object', properties: { hostName: TEXT, seenAt: TIME } },
    },
  },
} as const

const DAY_MILLISECONDS = 86_400_000

/** How many versions are told one by one. */
const VERSIONS_MAX = 20

const ROUTE = {
  method: 'GET',
  action: 'Microsoft.HybridCompute/machines/read',
  answers: { 200: { description: 'How the fleet is.', ...SUMMARY } },
} as const

/** The routes. */
export function fleetSummaryRoutes({ storage }: Pick<ArmServerParts, 'storage'>): ArmRoute[] {
  const look = createFleetCounts(storage)
  return [
    armRoute({
      ...ROUTE,
      path: '/landfast/v1/subscriptions/{subscriptionId}/fleet-summary',
      summary:
        'Counts the machines of a subscription by status, version and end of the certificate, with what was refused of late and the replicas.',
      scope: ({ subscriptionId }) => `/subscriptions/${subscriptionId}`,
      handle: async (request) => {
        const range = { subscriptionId: request.params.subscriptionId.toLowerCase() }
        return summary(storage, request, await look(range, request.time))
      },
    }),
    armRoute({
      ...ROUTE,
      path: '/landfast/v1/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/fleet-summary',
      summary: 'Does so for a resource group.',
      scope: ({ subscriptionId, resourceGroupName }) =>
        `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroupName}`,
      handle: async (request) => {
        const { subscriptionId, resourceGroupName: resourceGroup } = request.params
        const group = await requireGroup(storage.db, { subscriptionId, resourceGroup })
        const range = { subscriptionId: subscriptionId.toLowerCase(), groupKey: group.resource_key }
        return summary(storage, request, await look(range, request.time))
      },
    }),
  ]
}

/** What belongs to no group is told to those that may read it elsewhere. */
async function summary(
  { db }: Storage,
  { time, allows }: Pick<ArmRequest, 'time' | 'allows'>,
  look: FleetLook,
): Promise<ArmAnswer> {
  const [mayReadAudit, mayReadReplicas] = await Promise.all([
    allows('Landfast.Audit/entries/read', ROOT_SCOPE),
    allows('Landfast.Operation/replicas/read', ROOT_SCOPE),
  ])
  const since = new Date(time.getTime() - DAY_MILLISECONDS)
  const until = new Date(time.getTime() + 1)
  const refusals = mayReadAudit ? await countRefusals(db, { since, until }) : undefined
  const replicas = mayReadReplicas ? await replicasSeen(db, time) : undefined
  return {
    body: {
      ...('counts' in look ? countsBody(look) : look),
      ...(refusals && { refusals: { ...refusals, since: refusals.since.toISOString() } }),
      ...(replicas && {
        replicas: replicas.map(({ host_name, seen_at }) => ({
          hostName: host_name,
          seenAt: new Date(seen_at).toISOString(),
        })),
      }),
    },
  }
}

/** A version that a machine told as "other" is one of the others. */
function countsBody({ counts, countedAt }: FleetCount): object {
  const { byAgentVersion, ...others } = counts
  const versions = [...byAgentVersion]
    .filter(([version]) => version !== OTHER_VERSIONS)
    .map(([agentVersion, machines]) => ({ agentVersion, machines }))
    .toSorted(
      (one, other) => other.machines - one.machines || (one.agentVersion < other.agentVersion ? -1 : 1),
    )
    .slice(0, VERSIONS_MAX)
  const told = versions.reduce((sum, { machines }) => sum + machines, 0)
  return {
    countedAt: countedAt.toISOString(),
    ...others,
    byAgentVersion: versions,
    otherAgentVersions: counts.machines - told,
  }
}
