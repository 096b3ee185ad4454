/**
 * The built-in roles, with the ids, the names and the actions that Azure gives them. Actions of services that
 * are not here are kept, so that the roles read the same in both places.
 *
 * @see https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
 * @module
 */

/** What a role allows: every action that matches one of `actions` and none of `notActions`. */
export interface RoleDefinition {
  /** A GUID, the same as in Azure. */
  id: string
  roleName: string
  description: string
  actions: readonly string[]
  notActions: readonly string[]
}

/** The ids of the built-in roles. */
export const ROLE = {
  owner: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
  contributor: 'b24988ac-6180-42a0-ab88-20f7382dd24c',
  reader: 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
  userAccessAdministrator: '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9',
  connectedMachineOnboarding: 'b64e21ea-ac4e-4cdf-9dc9-5b892992bee7',
  connectedMachineResourceAdministrator: 'cd570a14-e51a-42ad-bac8-bafd67325302',
  managedIdentityContributor: 'e40ec5ca-96e0-45a2-b4ff-59039f2c2b59',
  managedIdentityOperator: 'f1a07417-d97a-45cb-824c-7a7467783830',
} as const

const MANAGED_IDENTITY_COMMON = [
  'Microsoft.Authorization/*/read',
  'Microsoft.Insights/alertRules/*',
  'Microsoft.Resources/subscriptions/resourceGroups/read',
  'Microsoft.Resources/deployments/*',
  'Microsoft.Support/*',
]

/** Every built-in role. */
export const ROLE_DEFINITIONS: readonly RoleDefinition[] = [
  {
    id: ROLE.owner,
    roleName: 'Owner',
    description:
      'Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.',
    actions: ['*'],
    notActions: [],
  },
  {
    id: ROLE.contributor,
    roleName: 'Contributor',
    description:
      'Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC, manage assignments in Azure Blueprints, or share image galleries.',
    actions: ['*'],
    notActions: [
      'Microsoft.Authorization/*/Delete',
      'Microsoft.Authorization/*/Write',
      'Microsoft.Authorization/elevateAccess/Action',
      'Microsoft.Blueprint/blueprintAssignments/write',
      'Microsoft.Blueprint/blueprintAssignments/delete',
      'Microsoft.Compute/galleries/share/action',
      'Microsoft.Purview/consents/write',
      'Microsoft.Purview/consents/delete',
      'Microsoft.Resources/deploymentStacks/manageDenySetting/action',
      'Microsoft.Subscription/cancel/action',
      'Microsoft.Subscription/enable/action',
    ],
  },
  {
    id: ROLE.reader,
    roleName: 'Reader',
    description: 'View all resources, but does not allow you to make any changes.',
    actions: ['*/read'],
    notActions: [],
  },
  {
    id: ROLE.userAccessAdministrator,
    roleName: 'User Access Administrator',
    description: 'Lets you manage user access to Azure resources.',
    actions: ['*/read', 'Microsoft.Authorization/*', 'Microsoft.Support/*'],
    notActions: [],
  },
  {
    id: ROLE.connectedMachineOnboarding,
    roleName: 'Azure Connected Machine Onboarding',
    description: 'Can onboard Azure Connected Machines.',
    actions: [
      'Microsoft.HybridCompute/machines/read',
      'Microsoft.HybridCompute/machines/write',
      'Microsoft.HybridCompute/privateLinkScopes/read',
      'Microsoft.GuestConfiguration/guestConfigurationAssignments/read',
    ],
    notActions: [],
  },
  {
    id: ROLE.connectedMachineResourceAdministrator,
    roleName: 'Azure Connected Machine Resource Administrator',
    description: 'Can read, write, delete and re-onboard Azure Connected Machines.',
    actions: [
      'Microsoft.HybridCompute/machines/read',
      'Microsoft.HybridCompute/machines/write',
      'Microsoft.HybridCompute/machines/delete',
      'Microsoft.HybridCompute/machines/UpgradeExtensions/action',
      'Microsoft.HybridCompute/machines/extensions/read',
      'Microsoft.HybridCompute/machines/extensions/write',
      'Microsoft.HybridCompute/machines/extensions/delete',
      'Microsoft.HybridCompute/privateLinkScopes/*',
      'Microsoft.HybridCompute/*/read',
      'Microsoft.Resources/deployments/*',
      'Microsoft.HybridCompute/licenses/write',
      'Microsoft.HybridCompute/licenses/delete',
      'Microsoft.HybridCompute/machines/licenseProfiles/read',
      'Microsoft.HybridCompute/machines/licenseProfiles/write',
      'Microsoft.HybridCompute/machines/licenseProfiles/delete',
      'Microsoft.HybridCompute/machines/runCommands/read',
      'Microsoft.HybridCompute/machines/runCommands/write',
      'Microsoft.HybridCompute/machines/runCommands/delete',
    ],
    notActions: [],
  },
  {
    id: ROLE.managedIdentityContributor,
    roleName: 'Managed Identity Contributor',
    description: 'Create, Read, Update, and Delete User Assigned Identity',
    actions: [
      'Microsoft.ManagedIdentity/userAssignedIdentities/read',
      'Microsoft.ManagedIdentity/userAssignedIdentities/write',
      'Microsoft.ManagedIdentity/userAssignedIdentities/delete',
      'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read',
      'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write',
      'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/delete',
      'Microsoft.ManagedIdentity/userAssignedIdentities/revokeTokens/action',
      ...MANAGED_IDENTITY_COMMON,
    ],
    notActions: [],
  },
  {
    id: ROLE.managedIdentityOperator,
    roleName: 'Managed Identity Operator',
    description: 'Read and Assign User Assigned Identity',
    actions: [
      'Microsoft.ManagedIdentity/userAssignedIdentities/*/read',
      'Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action',
      ...MANAGED_IDENTITY_COMMON,
    ],
    notActions: [],
  },
]

const BY_ID = new Map(ROLE_DEFINITIONS.map((role) => [role.id, role]))

/** The built-in role with this GUID, in any case. */
export function findRoleDefinition(id: string): RoleDefinition | undefined {
  return BY_ID.get(id.toLowerCase())
}

/** The role with this GUID at the scope with this id, as the audit trail says it. */
export function roleAt(id: string, scope: string): string {
  return `${findRoleDefinition(id)?.roleName ?? id} at ${scope}`
}
