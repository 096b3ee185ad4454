/**
 * Lists the Arc-enabled machines of a subscription.
 *
 * AZURE_SUBSCRIPTION_ID            the subscription
 * AZURE_RESOURCE_MANAGER_ENDPOINT  not set at Azure
 */

import { HybridComputeManagementClient } from '@azure/arm-hybridcompute'
import { DefaultAzureCredential } from '@azure/identity'

const { AZURE_SUBSCRIPTION_ID: subscription = '', AZURE_RESOURCE_MANAGER_ENDPOINT: endpoint } = process.env
const credential = new DefaultAzureCredential()
const client = new HybridComputeManagementClient(credential, subscription, endpoint ? { endpoint } : {})
for await (const { id } of client.machines.listBySubscription()) process.stdout.write(`${id}\n`)
