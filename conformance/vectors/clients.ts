/**
 * Every client whose requests are replayed because it cannot be run here, for the page: its cells are labelled
 * "by vectors" and count as not proven.
 *
 * `vectorCells()` gives an entry for each style that the client knows and each case that needs no more than requests.
 * With `missing` the client itself refuses, before any request. Every other is replayed by `vectors.test.ts` against a
 * running agent and ends as the case says, or as `difference` does.
 *
 * @module
 */

import type { StyleName } from '@landfast/protocol'
import type { CaseName } from '../cases.ts'
import { AZURE_IDENTITY_CPP, OLD_AZURE_IDENTITY_CPP } from './azure-identity-cpp.ts'
import { AZURE_IDENTITY_DOTNET, OLD_AZURE_IDENTITY_DOTNET } from './azure-identity-dotnet.ts'
import { isOffered, type StyleVectors, VECTOR_CASES, type VectorClient } from './client-vectors.ts'
import { MSAL_DOTNET, OLD_MSAL_DOTNET } from './msal-dotnet.ts'

/** The newest of each first. */
export const VECTOR_CLIENTS: readonly VectorClient[] = [
  AZURE_IDENTITY_DOTNET,
  OLD_AZURE_IDENTITY_DOTNET,
  MSAL_DOTNET,
  OLD_MSAL_DOTNET,
  AZURE_IDENTITY_CPP,
  OLD_AZURE_IDENTITY_CPP,
]

/** One case of one client in one style. */
export interface VectorCell {
  client: string
  version: string
  style: StyleName
  name: CaseName
  /** Why there is no request to replay. */
  missing?: string
  /** Why the case ends otherwise than it should. */
  difference?: string
}

/** Every case of every client. */
export function vectorCells(): VectorCell[] {
  return VECTOR_CLIENTS.flatMap(({ name: client, version, styles }) =>
    Object.entries(styles).flatMap(([style, vectors]) =>
      VECTOR_CASES.map((name) => ({
        client,
        version,
        style: style as StyleName,
        name,
        ...outcomeOf(vectors, name),
      })),
    ),
  )
}

function outcomeOf(vectors: StyleVectors, name: CaseName): Pick<VectorCell, 'missing' | 'difference'> {
  if (!isOffered(vectors, name)) return { missing: vectors.refuses ?? 'it has no option for it' }
  const difference = vectors.differences?.[name]?.reason
  return difference === undefined ? {} : { difference }
}
