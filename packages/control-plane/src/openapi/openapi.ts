/**
 * The OpenAPI document, made of the schemas of the routes. Schemas of answers are for this document alone: the server
 * sends all that the route returned.
 *
 * @see https://spec.openapis.org/oas/v3.1.0
 * @module
 */

import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { ANY_OBJECT } from './answers.ts'
import { withRefusals } from './refusals.ts'

/** Where the document is. */
const OPENAPI_PATH = '/openapi.json'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The `api-version`s of a route of the Resource Manager, oldest first. */
    apiVersions?: readonly string[]
    /** The route takes no bearer token. */
    isOpen?: boolean
  }
}

/** Describes every route that is added to `server` from now on, and serves the document. */
export async function describeRoutes(server: FastifyInstance): Promise<void> {
  server.setSerializerCompiler(() => (data) => (typeof data === 'string' ? data : JSON.stringify(data)))
  await server.register(swagger, {
    openapi: DOCUMENT,
    transform: withApiVersion,
    exposeHeadRoutes: true,
    transformObject: (described) =>
      'openapiObject' in described ? withRefusals(described.openapiObject, formOf) : described.swaggerObject,
  })
  server.route({
    method: 'GET',
    url: OPENAPI_PATH,
    exposeHeadRoute: false,
    schema: { summary: 'Gets this document.', tags: [TAG.operation], response: { 200: ANY_OBJECT } },
    handler: async (_request, reply) => {
      reply.header('Cache-Control', 'max-age=3600')
      return server.swagger()
    },
  })
}

/** The parts of the document; each route names one. */
export const TAG = {
  authority: 'Authority',
  resourceManager: 'Resource Manager',
  directory: 'Directory',
  own: 'Landfast',
  operation: 'Operation',
} as const

const DOCUMENT = {
  openapi: '3.1.0',
  info: {
    title: 'Landfast control plane',
    description:
      'A registry of machines and an issuer of their tokens, which clients of Microsoft Entra ID and Azure Resource Manager understand.',
    version: '1',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/' }],
  tags: [
    { name: TAG.authority, description: 'Tokens, discovery and keys, as Microsoft Entra ID has them.' },
    { name: TAG.resourceManager, description: 'The part of Azure Resource Manager that identity needs.' },
    {
      name: TAG.directory,
      description: 'The look-ups of names in Microsoft Graph that az does when it gives roles.',
    },
    {
      name: TAG.own,
      description: 'What has no counterpart in Azure: joining, renewal, heartbeats, administration.',
    },
    { name: TAG.operation, description: 'Health, and this document.' },
  ],
  components: {
    securitySchemes: {
      bearer: {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description: 'A token of this control plane for https://management.azure.com.',
      },
    },
  },
} as const satisfies FastifyDynamicSwaggerOptions['openapi']

/** Who answers below the paths of a tag also writes the refusals there. */
function formOf({ tag, method }: { tag: string; method: string }) {
  if (method === 'head') return 'Bare'
  return tag === TAG.authority || tag === TAG.operation ? 'Authority' : 'Arm'
}

/** Said only here: the routes read `api-version` themselves, since its name is compared without regard to case. */
const withApiVersion: NonNullable<FastifyDynamicSwaggerOptions['transform']> = ({ schema, url, route }) => {
  const versions = (route as RouteOptions).config?.apiVersions
  if (!versions) return { schema, url }
  const querystring = {
    type: 'object',
    required: ['api-version'],
    properties: { 'api-version': { type: 'string', enum: versions } },
  }
  return { schema: { ...schema, querystring }, url }
}
