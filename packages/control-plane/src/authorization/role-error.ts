/**
 * Refusals about role definitions and role assignments, in Azure's codes and words.
 *
 * @see https://learn.microsoft.com/azure/role-based-access-control/troubleshooting
 * @module
 */

import { wordedRefusal } from '../arm/arm-error.ts'

const ERRORS = {
  RoleDefinitionDoesNotExist: [404, "The specified role definition with ID '{id}' does not exist."],
  RoleDefinitionUpdateNotPermitted: [
    405,
    'The built-in roles cannot be changed or deleted, and there are no roles of your own here: assign several built-in roles instead.',
  ],
  InvalidRoleAssignmentId: [
    400,
    "The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID.",
  ],
  PrincipalNotFound: [
    400,
    'Principal {principalId} does not exist in the directory {tenantId}. Check that you have the correct principal ID: it is the object id, not the client id.',
  ],
  UnmatchedPrincipalType: [
    400,
    "The PrincipalId '{principalId}' has type '{actual}', which is different from specified PrincipalType '{type}'.",
  ],
  ConditionNotSupported: [
    400,
    'Conditions on role assignments are not supported here: leave out condition and conditionVersion, and assign at a narrower scope instead.',
  ],
  InvalidFilter: [400, "The filter '{filter}' is not supported. Supported filters are {supported}."],
  RoleAssignmentNotFound: [404, "The role assignment '{name}' is not found."],
  RoleAssignmentExists: [
    409,
    'The role assignment already exists. The ID of the existing role assignment is {id}.',
  ],
  RoleAssignmentUpdateNotPermitted: [
    400,
    'Tenant ID, application ID, principal ID, and scope are not allowed to be updated: another role assignment has this name. Use another GUID.',
  ],
  CannotDeleteLastRbacAdminAssignment: [
    409,
    "Cannot delete the last RBAC admin assignment: no other machine, identity or application could assign roles at '/'. Make another one Owner there first.",
  ],
} as const satisfies Record<string, readonly [status: number, wording: string]>

/** A request about roles that is refused; nothing was changed. */
export class RoleError extends wordedRefusal('RoleError', ERRORS) {}
