/**
 * Every client whose requests are replayed because it cannot be run here, for the page: its cells are labelled
 * "by vectors" and count as not proven.
 *
 * `vectorCells()` gives one entry for each style and case that `vectors.test.ts` replays against a running agent:
 * `missing` says why there is no request, `difference` why it ends otherwise than it should.
 *
 * @module
 */

import type { StyleName } from '@landfast/protocol'
import type { CaseName } from '../cases.ts'
import { AZURE_IDENTITY_CPP, OLD_AZURE_IDENTITY_CPP } from './azure-identity-cpp.ts'
import { AZURE_IDENTITY_DOTNET, OLD_AZURE_IDENTITY_DOTNET } from './azure-identity-dotnet.ts'
import { casesOf, type StyleVectors, type VectorClient } from './client-vectors.ts'
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

/** One replayed case. */
export interface VectorCell {
  client: string
  version: string
  style: StyleName
  name: CaseName
  /** Why the case ends otherwise than it should. */
  difference?: string
}

/** Every case that is replayed. */
export function vectorCells(): VectorCell[] {
  return VECTOR_CLIENTS.flatMap(({ name: client, version, styles }) =>
    (Object.entries(styles) as [StyleName, StyleVectors][]).flatMap(([style, vectors]) =>
      casesOf(vectors).map((name) => {
        const difference = vectors.differences?.[name]?.reason
        return { client, version, style, name, ...(difference && { difference }) }
      }),
    ),
  )
}
