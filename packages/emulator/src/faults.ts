/**
 * Faults as people type them. This entry loads neither control plane nor agent.
 *
 * @module
 */

export { EmulatorError } from './emulator-error.ts'
export { FAULT_KINDS, type FaultOptions } from './faults/fault.ts'
export { describeFaults, formatFault, readFaults } from './faults/fault-text.ts'
export { SCENARIO_NAMES } from './faults/scenarios.ts'
