import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { findBuiltProgram } from '../../scripts/built-program.ts'
import { findPython } from '../../scripts/python.ts'
import { startWithAdministrator } from './administrator.ts'
import { GO_CLOUD } from './go-cloud.ts'

const run = promisify(execFile)

function programPath(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}

test('the JavaScript clients of subscriptions, resource groups and machines are content', async () => {
  const { file, caFile, tenantId } = await startWithAdministrator()
  const { stdout } = await run(process.execPath, [programPath('azure-clients.ts'), file], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile },
  })
  expect(JSON.parse(stdout)).toEqual({
    tenants: [tenantId],
    subscriptions: ['Landfast'],
    subscription: 'Enabled',
    group: ['js-clients', 'westeurope', 'Succeeded'],
    groupThere: true,
    groupMissing: false,
    groupTags: { a: '1' },
    groups: ['js-clients', 'js-clients-2'],
    provider: 'Registered',
    registered: 'Registered',
    made: ['m1', 'Microsoft.HybridCompute/machines', 'SystemAssigned', true],
    listed: ['m1', 'm2'],
    read: ['m1', 'SystemAssigned', 'AwaitingConnection', { env: 'prod' }],
    machines: ['m1', 'm2'],
    allMachines: ['m1', 'm2'],
    badName: [400, 'InvalidResourceName'],
    moved: [409, 'InvalidResourceLocation'],
    missing: [404, 'ResourceNotFound'],
    deleted: 'deleted',
    deletedAgain: 'deleted',
    deletedById: 'deleted',
    groupDeleted: 'deleted',
    gone: [404, 'ResourceGroupNotFound'],
  })
})

test('the JavaScript clients of managed identities and of roles are content', async () => {
  const { file, caFile } = await startWithAdministrator()
  const { stdout } = await run(process.execPath, [programPath('identity-clients.ts'), file], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile },
  })
  expect(JSON.parse(stdout)).toEqual({
    identities: {
      made: ['web', true, 'Microsoft.ManagedIdentity/userAssignedIdentities'],
      updated: [{ a: '1' }, true],
      read: true,
      group: ['api', 'web'],
      all: ['api', 'web'],
      system: true,
      missing: [404, 'ResourceNotFound'],
    },
    federated: {
      made: 'https://ci.example',
      twice: [409, 'FederatedIdentityCredentialExists'],
      more: 'ci-2',
      paged: ['ci-1', 'ci-2'],
      read: ['api://AzureADTokenExchange'],
      deleted: 'deleted',
      missing: [404, 'ResourceNotFound'],
    },
    assignments: {
      definitions: 8,
      definition: 'Reader',
      before: [403, 'AuthorizationFailed'],
      given: [true, 'ServicePrincipal'],
      again: true,
      twice: [409, 'RoleAssignmentExists'],
      nobody: [400, 'PrincipalNotFound'],
      allowed: 'web',
      refused: [403, 'AuthorizationFailed'],
      permissions: [['*/read']],
      atScope: ['given'],
      inGroup: ['given'],
      inSubscription: ['given'],
      onMachine: ['given', 'other'],
      everywhere: ['given'],
      read: true,
      deleted: true,
      deletedAgain: 'deleted',
      after: [403, 'AuthorizationFailed'],
    },
    onMachine: {
      type: 'SystemAssigned, UserAssigned',
      ids: [true, true, true],
      deleted: 'SystemAssigned',
      again: [400, 'FailedIdentityOperation'],
    },
  })
})

test('the Python client of machines is content', async ({ skip }) => {
  const python = findPython()
  if (!python) return skip('there is no Python with the Azure clients; run "npm run setup:parts"')
  const { file, caFile } = await startWithAdministrator()
  const { stdout } = await run(python, [programPath('azure_clients.py'), file], {
    env: { ...process.env, REQUESTS_CA_BUNDLE: caFile },
  })
  expect(JSON.parse(stdout)).toEqual({
    made: ['m1', 'SystemAssigned', 'AwaitingConnection', 'Succeeded'],
    updated: { env: 'test' },
    read: ['4f8b8e0e-0f5b-4c0e-9d0a-6d4c4c3f0b11', true],
    machines: ['m1', 'm2'],
    paged: ['m1', 'm2'],
    moved: [409, 'InvalidResourceLocation'],
    missing: [404, 'ResourceNotFound'],
    group: [404, 'ResourceGroupNotFound'],
    left: ['m2'],
  })
})

test('the Go library of Terraform finds the cloud by its URL, and signs in there', async ({ skip }) => {
  const [program] = findBuiltProgram(GO_CLOUD) ?? []
  if (!program) return skip('the program in Go is not built; run "npm run setup:parts"')
  const { file, caFile } = await startWithAdministrator()
  const { stdout } = await run(program, [file], { env: { ...process.env, SSL_CERT_FILE: caFile } })
  const { url } = JSON.parse(readFileSync(file, 'utf8'))
  expect(JSON.parse(stdout)).toEqual({
    name: 'Landfast',
    endpoint: url,
    storage: 'core.landfast.invalid',
    subscriptions: [{ displayName: 'Landfast' }],
  })
})
