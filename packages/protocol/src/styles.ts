/**
 * The styles in which an application can ask for a token: one row each. No style is a copy of another.
 *
 * @see docs/protocol.md#styles
 * @module
 */

/** How a style's row is read. */
export interface Style {
  /** The path of the token endpoint, without a trailing slash. */
  readonly path: string
  readonly method: 'GET'
  /** Newest first, as the error lists them. */
  readonly apiVersions: readonly string[]
  /** Whether "Metadata: true" is asked for. */
  readonly metadataHeader: boolean
  /** What proves that the caller may ask: a key file it can read, or a secret header it was given. */
  readonly proof: 'key-file' | 'secret-header'
  /**
   * The addresses to listen on. Clients of the Arc style ask `localhost` as well as 127.0.0.1, so nobody
   * else may have ::1; App Service clients are given one whole URL.
   */
  readonly addresses: readonly string[]
  /** Which documents about the machine are served beside its tokens: those of an Azure VM, of Arc, or none. */
  readonly documents: 'vm' | 'arc' | undefined
}

/** Every style that is built. */
export const STYLES = {
  arc: {
    path: '/metadata/identity/oauth2/token',
    method: 'GET',
    apiVersions: ['2021-02-01', '2020-06-01', '2019-11-01', '2019-08-15'],
    metadataHeader: true,
    proof: 'key-file',
    addresses: ['127.0.0.1', '::1'],
    documents: 'arc',
  },
  'app-service': {
    path: '/msi/token',
    method: 'GET',
    apiVersions: ['2019-08-01'],
    metadataHeader: false,
    proof: 'secret-header',
    addresses: ['127.0.0.1'],
    documents: undefined,
  },
} as const satisfies Record<string, Style>

/** The name of a style, as `landfast run --as` takes it. */
export type StyleName = keyof typeof STYLES

/** Every style's name. */
export const STYLE_NAMES = Object.keys(STYLES) as StyleName[]
