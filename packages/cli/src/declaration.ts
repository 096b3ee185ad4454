/**
 * What the declaration of every command needs, whatever it is about.
 *
 * @module
 */

/** Told the exit code of a command. */
export type End = (exitCode: number) => void

/** What the help of a command ends with. */
export function example(line: string): string {
  return `\nExample:\n  ${line}\n`
}
