/**
 * The styles in which an application can ask for a token: one row each. No style is a copy of another.
 *
 * @see docs/protocol.md#styles
 * @module
 */

import type { ErrorForm } from './errors.ts'
import { AWS_VARIABLE, HEADER, VARIABLE } from './names.ts'
import { SELECTOR_NAMES, type SelectorName } from './selector.ts'

/** How a style's row is read. */
export interface Style extends ErrorForm {
  /** The path of the token endpoint, without a trailing slash. */
  readonly path: string
  /** The usual one first. A GET has its parameters in the query, a POST in the form that it posts. */
  readonly methods: readonly ('GET' | 'POST')[]
  /** Newest first, as the error lists them; empty where requests name no version. */
  readonly apiVersions: readonly string[]
  /** Styles of one family have one secret, and each of their endpoints serves the versions of all, as App Service does. */
  readonly family?: string
  /** Whether any date after the oldest version is one as well. */
  readonly laterVersions: boolean
  /** Whether "Metadata: true" is asked for. */
  readonly metadataHeader: boolean
  /** The header that carries the secret, in styles that have one. */
  readonly secretHeader: string | undefined
  /** The selectors that are honoured; any other is refused, never passed over. */
  readonly selectors: readonly SelectorName[]
  /**
   * How the end of a token is written: seconds since 1970 in full answers, or the date of App Service of old. Or the answer
   * is no token, but the credentials for which it was exchanged.
   */
  readonly answer: 'epoch' | 'local-date' | 'credentials'
  readonly scheme: 'http' | 'https'
  /**
   * The addresses to listen on. Clients of the Arc style ask `localhost` as well as 127.0.0.1, so no other program
   * may have ::1; clients of the other styles are given one whole URL.
   */
  readonly addresses: readonly string[]
  /** The variables by which a client finds the endpoint, by what each holds. */
  readonly variables: StyleVariables
  /** Which documents about the machine are served beside its tokens: those of an Azure VM, of Arc, or none. */
  readonly documents: 'vm' | 'arc' | undefined
}

/** What an application's variables can hold about an endpoint. */
export interface StyleVariables {
  /** The whole URL. */
  readonly url?: string
  /** Scheme, host and port of it. */
  readonly origin?: string
  readonly secret?: string
  /** SHA-1 of the certificate. */
  readonly thumbprint?: string
  /** The client id of the machine's own identity, where clients ask by it. */
  readonly clientId?: string
  /** A name of the site, by whose presence clients of old know App Service. */
  readonly siteName?: string
}

const METADATA_PATH = '/metadata/identity/oauth2/token'
const MSI_PATH = '/msi/token'
const GET = ['GET'] as const
const LOOPBACK = ['127.0.0.1']
const APP_SERVICE = 'app-service'

/** Every style whose answer is a token. */
export const STYLES = {
  arc: {
    path: METADATA_PATH,
    methods: GET,
    apiVersions: ['2021-02-01', '2020-06-01', '2019-11-01', '2019-08-15'],
    laterVersions: false,
    metadataHeader: true,
    proof: 'key-file',
    secretHeader: undefined,
    selectors: SELECTOR_NAMES,
    answer: 'epoch',
    errors: 'flat',
    scheme: 'http',
    addresses: ['127.0.0.1', '::1'],
    variables: { url: VARIABLE.identityEndpoint, origin: VARIABLE.imdsEndpoint },
    documents: 'arc',
  },
  'app-service': {
    path: MSI_PATH,
    methods: GET,
    apiVersions: ['2025-03-30', '2019-08-01'],
    family: APP_SERVICE,
    laterVersions: false,
    metadataHeader: false,
    proof: 'secret-header',
    secretHeader: HEADER.identity,
    selectors: SELECTOR_NAMES,
    answer: 'epoch',
    errors: 'flat',
    scheme: 'http',
    addresses: LOOPBACK,
    variables: { url: VARIABLE.identityEndpoint, secret: VARIABLE.identityHeader },
    documents: undefined,
  },
  vm: {
    path: METADATA_PATH,
    methods: GET,
    apiVersions: ['2018-02-01'],
    laterVersions: true,
    metadataHeader: true,
    proof: 'caller',
    secretHeader: undefined,
    selectors: SELECTOR_NAMES,
    answer: 'epoch',
    errors: 'flat',
    scheme: 'http',
    addresses: LOOPBACK,
    variables: { origin: VARIABLE.podIdentityHost },
    documents: 'vm',
  },
  'app-service-2017': {
    path: MSI_PATH,
    methods: GET,
    apiVersions: ['2017-09-01'],
    family: APP_SERVICE,
    laterVersions: false,
    metadataHeader: false,
    proof: 'secret-header',
    secretHeader: HEADER.secret,
    selectors: ['clientid', 'client_id'],
    answer: 'local-date',
    errors: 'flat',
    scheme: 'http',
    addresses: LOOPBACK,
    variables: { url: VARIABLE.msiEndpoint, secret: VARIABLE.msiSecret, siteName: VARIABLE.siteName },
    documents: undefined,
  },
  'azure-ml': {
    path: MSI_PATH,
    methods: GET,
    apiVersions: ['2017-09-01'],
    laterVersions: false,
    metadataHeader: false,
    proof: 'secret-header',
    secretHeader: HEADER.secret,
    selectors: ['clientid', 'client_id'],
    answer: 'epoch',
    errors: 'flat',
    scheme: 'http',
    addresses: LOOPBACK,
    variables: {
      url: VARIABLE.msiEndpoint,
      secret: VARIABLE.msiSecret,
      clientId: VARIABLE.defaultIdentityClientId,
    },
    documents: undefined,
  },
  'cloud-shell': {
    path: '/oauth2/token',
    // MSAL for Java gets here what every other client posts.
    methods: ['POST', 'GET'],
    apiVersions: [],
    laterVersions: false,
    metadataHeader: true,
    proof: 'caller',
    secretHeader: undefined,
    selectors: [],
    answer: 'epoch',
    errors: 'flat',
    scheme: 'http',
    addresses: LOOPBACK,
    variables: { url: VARIABLE.msiEndpoint },
    documents: undefined,
  },
  'service-fabric': {
    path: METADATA_PATH,
    methods: GET,
    apiVersions: ['2020-05-01', '2019-07-01-preview'],
    laterVersions: false,
    metadataHeader: false,
    proof: 'secret-header',
    secretHeader: HEADER.secret,
    selectors: ['client_id', 'object_id', 'mi_res_id', 'principalid'],
    answer: 'epoch',
    errors: 'nested',
    scheme: 'https',
    addresses: LOOPBACK,
    variables: {
      url: VARIABLE.identityEndpoint,
      secret: VARIABLE.identityHeader,
      thumbprint: VARIABLE.identityServerThumbprint,
    },
    documents: undefined,
  },
} as const satisfies Record<string, Style>

/** The name of a style, as `landfast run --as` takes it. */
export type StyleName = keyof typeof STYLES

/**
 * The style of AWS's container credentials, whose answer is credentials of AWS.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export const AWS_STYLE: Style = {
  path: '/aws/credentials',
  methods: GET,
  apiVersions: [],
  laterVersions: false,
  metadataHeader: false,
  proof: 'secret-header',
  secretHeader: HEADER.authorization,
  selectors: [],
  answer: 'credentials',
  errors: 'aws',
  scheme: 'http',
  addresses: LOOPBACK,
  variables: { url: AWS_VARIABLE.credentialsUri, secret: AWS_VARIABLE.authorizationToken },
  documents: undefined,
}

/** The name of a style that an agent serves. */
export type ServedStyleName = StyleName | 'aws'

/** The styles with this proof. */
export type StyleNameOf<Proof extends Style['proof']> = {
  [Name in StyleName]: (typeof STYLES)[Name]['proof'] extends Proof ? Name : never
}[StyleName]

/** The name of every style whose answer is a token. */
export const STYLE_NAMES = Object.keys(STYLES) as StyleName[]

/** Every style that an agent can serve. */
export const SERVED_STYLE_NAMES: readonly ServedStyleName[] = [...STYLE_NAMES, 'aws']

/** What policies and the audit log call the way of a token into a file that the agent keeps fresh. */
export const TOKEN_FILE_STYLE = 'token-file'

/** The way by which a token goes out: a style, or a token file. */
export type Way = ServedStyleName | typeof TOKEN_FILE_STYLE

/** The row of a style, without what TypeScript knows of that row alone. */
export function styleOf(name: ServedStyleName): Style {
  return name === 'aws' ? AWS_STYLE : STYLES[name]
}

/**
 * The row by which a request with this query string is read at an endpoint of `style`: that of its version, if the style's
 * family has it, otherwise the style's own.
 */
export function rowOfVersion(style: Style, query: string): Style {
  if (style.family === undefined) return style
  const [, version = ''] = /(?:^|&)api-version=([^&]*)/i.exec(query) ?? []
  const family = STYLE_NAMES.map(styleOf).filter((other) => other.family === style.family)
  return family.find(({ apiVersions }) => apiVersions.includes(version)) ?? style
}

/** Whether `proof` is the style's. */
export function hasProof<Proof extends Style['proof']>(
  name: StyleName,
  proof: Proof,
): name is StyleNameOf<Proof> {
  return styleOf(name).proof === proof
}
