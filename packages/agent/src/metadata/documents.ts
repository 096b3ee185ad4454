/**
 * The documents of one endpoint. The code that makes them is loaded with the first request: an agent that only serves
 * tokens needs no memory for it.
 *
 * @see docs/metadata.md
 * @module
 */

import { networkInterfaces } from 'node:os'
import type { Target } from '@landfast/protocol'
import type { DocumentAnswer, DocumentMaker, DocumentsOptions } from './document-maker.ts'
import { type DocumentKind, type DocumentPath, findDocument } from './document-paths.ts'

/** The documents beside one token endpoint. */
export class Documents {
  readonly kind: DocumentKind
  readonly #options: DocumentsOptions
  #maker: Promise<DocumentMaker> | undefined

  constructor(options: DocumentsOptions) {
    this.kind = options.kind
    this.#options = options
  }

  /** The document that `path` is of, if there is one. */
  find(path: string): DocumentPath | undefined {
    return findDocument(this.kind, path)
  }

  /** @throws {WireError} with the code of the first thing that is wrong. */
  async answer(document: DocumentPath, query: Target['query']): Promise<DocumentAnswer> {
    this.#maker ??= this.#load()
    return (await this.#maker).answer(document, query)
  }

  async #load(): Promise<DocumentMaker> {
    const { DocumentMaker } = await import('./document-maker.ts')
    return new DocumentMaker({ interfaces: networkInterfaces, ...this.#options })
  }
}
