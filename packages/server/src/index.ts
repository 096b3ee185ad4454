/**
 * What the two servers of Landfast, agent and control plane, do alike.
 *
 * @module
 */

export { type AdminAddress, listenAt, SOCKET_PATH_MAX_BYTES } from './admin-address.ts'
export { AdminError, type AdminErrorCode } from './admin-error.ts'
export {
  type AdminPage,
  type AdminPages,
  type Health,
  healthPages,
  jsonPage,
  type MetricsPage,
} from './admin-pages.ts'
export { type AdminServer, type AdminServerOptions, startAdminServer } from './admin-server.ts'
export { BucketLimit } from './bucket-limit.ts'
export { BOUNDED_PIPELINE } from './connections/bounded-pipeline.ts'
export { checkWhileConnected } from './connections/connection-checks.ts'
export { type Connections, watchConnections } from './connections/connections.ts'
export { stopperOf } from './connections/open-sockets.ts'
export { reasonOfStorage } from './failed-storage.ts'
export { whyListOpens, whyOthersWrite } from './file-access.ts'
export { closeEmptyFolder, explainCode, makeFolders, reasonOf } from './folders.ts'
export {
  FOREIGN_ALGORITHMS,
  isKeyFor,
  JWT_ALGORITHMS,
  type JwtAlgorithm,
  type KeyKind,
  keyKindOf,
  readAlgorithm,
  verifyInput,
} from './jwt-algorithms.ts'
export { type Kernel, loadKernel } from './kernel/kernel.ts'
export { startListening } from './listening.ts'
export { type Logger, SILENT_LOG, type WriteLine } from './logger.ts'
export { isMappedGroup, isMappedUser } from './mapped-ids.ts'
export { createServer, createTlsServer, STATUS_CODES } from './node-http.ts'
export { RefusalLimit } from './refusal-limit.ts'
export { type ServiceManager, serviceManager } from './service-manager.ts'
export { isSignedBy, type ParsedJwt, parseJwt, signJwt } from './signed-jwt.ts'
export { syncFolder, writeStateFile } from './state-file.ts'
export { isStrongRsa } from './strong-rsa.ts'
export { trustedRoots } from './trusted-roots.ts'
