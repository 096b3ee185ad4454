/**
 * Landfast's emulator as a module of Testcontainers.
 *
 * @module
 */

export { LandfastContainer } from './landfast-container.ts'
export type { EmulatedIdentity, StartedLandfastContainer } from './started-container.ts'
