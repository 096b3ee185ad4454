/**
 * Built-in roles by name or GUID, as the control plane has them.
 *
 * @see docs/roles.md
 * @module
 */

import { CliError } from '../cli-error.ts'
import { ROLES } from '../control-plane/api-versions.ts'
import { scopePath } from './resource-names.ts'
import type { Session } from './session.ts'

/** One role. */
export interface Role {
  /** Its GUID. */
  id: string
  name: string
  /** Its ARM id. */
  definitionId: string
}

interface DefinitionBody {
  id: string
  name: string
  properties: { roleName: string }
}

/** The role that `text` names, at `scope`. @throws {CliError} `argument_invalid`. */
export async function resolveRole(session: Session, text: string, scope: string): Promise<Role> {
  const wanted = text.toLowerCase()
  const definitions = await definitionsAt(session, scope)
  const found = definitions.find(
    ({ name, properties }) => name === wanted || properties.roleName.toLowerCase() === wanted,
  )
  if (found) return { id: found.name, name: found.properties.roleName, definitionId: found.id }
  throw new CliError('argument_invalid', {
    detail: `there is no role "${text}"`,
    hints: [`there are: ${definitions.map(({ properties }) => properties.roleName).join(', ')}`],
  })
}

/** The names of all roles by their GUIDs. */
export async function roleNames(session: Session, scope: string): Promise<ReadonlyMap<string, string>> {
  const definitions = await definitionsAt(session, scope)
  return new Map(definitions.map(({ name, properties }) => [name, properties.roleName]))
}

async function definitionsAt({ client }: Session, scope: string): Promise<DefinitionBody[]> {
  const path = `${scopePath(scope)}/providers/Microsoft.Authorization/roleDefinitions`
  return (await client.list(path, ROLES)) as DefinitionBody[]
}

/** A value inside an OData filter. */
export function quotedValue(text: string): string {
  return text.replaceAll("'", "''")
}
