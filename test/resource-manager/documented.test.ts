import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { createControlPlane } from '@landfast/control-plane'
import { expect, onTestFinished, test } from 'vitest'

const PAGE = readFileSync(new URL('../../docs/resource-manager.md', import.meta.url), 'utf8')

const GROUP = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}'
const MACHINE = `${GROUP}/providers/Microsoft.HybridCompute/machines/{machineName}`
const IDENTITY = `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{identityName}`

/** A path of each row of the table. */
const PATHS = {
  'endpoints of this cloud': '/metadata/endpoints',
  'tenant, subscriptions': '/subscriptions/{subscriptionId}',
  'locations in use': '/subscriptions/{subscriptionId}/locations',
  'name of a subscription': '/subscriptions/{subscriptionId}/providers/Microsoft.Subscription/rename',
  'resource groups': GROUP,
  'all resources': `${GROUP}/resources`,
  tags: `${GROUP}/providers/Microsoft.Resources/tags/default`,
  'all tags': '/subscriptions/{subscriptionId}/tagNames',
  providers: '/subscriptions/{subscriptionId}/providers/{resourceProviderNamespace}',
  'operations of providers': '/providers/Microsoft.Authorization/providerOperations',
  machines: MACHINE,
  'key and identity of a machine': `${MACHINE}/hybridIdentityMetadata/default`,
  'user-assigned identities': IDENTITY,
  'federated credentials': `${IDENTITY}/federatedIdentityCredentials/{federatedIdentityCredentialResourceName}`,
  'system-assigned identity of a machine': `${MACHINE}/providers/Microsoft.ManagedIdentity/identities/default`,
  'role definitions': '/providers/Microsoft.Authorization/roleDefinitions/{roleDefinitionId}',
  'role assignments': '/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}',
}

interface Operation {
  parameters: { name: string; schema: { enum?: string[] } }[]
}

async function readOpenApi(): Promise<Record<string, Record<string, Operation>>> {
  const stateFolder = await mkdtemp(join(tmpdir(), 'landfast-openapi-'))
  onTestFinished(() => rm(stateFolder, { recursive: true, force: true }))
  const controlPlane = createControlPlane({ stateFolder })
  onTestFinished(() => controlPlane.stop())
  await controlPlane.start()
  const ca = await readFile(controlPlane.caFile)
  const { paths } = await new Promise<{ paths: Record<string, Record<string, Operation>> }>(
    (resolve, reject) => {
      get(`${controlPlane.url}/openapi.json`, { ca, agent: false }, (answer) =>
        json(answer).then((document) => resolve(document as never), reject),
      ).on('error', reject)
    },
  )
  return paths
}

test('docs/resource-manager.md has the oldest and the newest api-version of each type', async () => {
  const paths = await readOpenApi()
  const rows = PAGE.split('\n').filter((line) => line.startsWith('| ') && /\d{4}-\d\d-\d\d/.test(line))
  const documented = rows.map((row) => row.split(' | ').map((cell) => cell.replaceAll(/^\| | \|$/g, '')))
  const expected = Object.entries(PATHS).map(([what, path]) => {
    const operation = Object.values(paths[path] ?? {})[0]
    const versions = operation?.parameters.find(({ name }) => name === 'api-version')?.schema.enum ?? []
    return [what, `${versions.at(0)} – ${versions.at(-1)}`]
  })
  expect(documented.map(([what, , , versions]) => [what, versions])).toEqual(expected)
})
