/**
 * What the two servers of Landfast, agent and control plane, do alike.
 *
 * @module
 */

export { type Connections, watchConnections } from './connections.ts'
export {
  JWT_ALGORITHMS,
  type JwtAlgorithm,
  keyTypeOf,
  readAlgorithm,
  verifyInput,
} from './jwt-algorithms.ts'
export { createServer, createTlsServer, STATUS_CODES } from './node-http.ts'
export { RefusalLimit } from './refusal-limit.ts'
export { isSignedBy, type ParsedJwt, parseJwt, signJwt } from './signed-jwt.ts'
export { syncFolder, writeStateFile } from './state-file.ts'
