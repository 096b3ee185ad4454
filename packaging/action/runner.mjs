/**
 * The contract between a step and its runner: inputs come as variables, and what a step says goes to files and to lines that begin
 * with two colons.
 *
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */

import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { EOL } from 'node:os'

/** The input of that name; empty if it was not given. */
export function readInput(name) {
  return (process.env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] ?? '').trim()
}

/** The lines of an input that have something in them. */
export function readLines(name) {
  return readInput(name)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** Sets a variable of every later step. */
export function setVariable(name, value) {
  append('GITHUB_ENV', name, value)
}

/** Sets an output of this step. */
export function setOutput(name, value) {
  append('GITHUB_OUTPUT', name, value)
}

/** Keeps a value for the step that runs at the end of the job. */
export function saveState(name, value) {
  append('GITHUB_STATE', name, value)
}

/** A value that was kept; empty if there is none. */
export function readState(name) {
  return process.env[`STATE_${name}`] ?? ''
}

/** Puts a folder in front of PATH for every later step. */
export function addPath(folder) {
  appendFileSync(fileOf('GITHUB_PATH'), folder + EOL)
}

/** Has the runner write stars in place of `secret` in every log. */
export function mask(secret) {
  say('add-mask', secret)
}

/** A line in the log, and on the page of the run. */
export function warn(message) {
  say('warning', message)
}

/** The step has failed: says why. */
export function fail(message) {
  say('error', message)
  process.exitCode = 1
}

/** A line of the log. */
export function log(message) {
  process.stdout.write(message + EOL)
}

function say(command, text) {
  const escaped = text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
  process.stdout.write(`::${command}::${escaped}${EOL}`)
}

/** The delimiter is one that no value can end early. */
function append(file, name, value) {
  const delimiter = `end-${randomUUID()}`
  appendFileSync(fileOf(file), [`${name}<<${delimiter}`, value, delimiter, ''].join(EOL))
}

function fileOf(variable) {
  const file = process.env[variable]
  if (!file) throw new Error(`the variable ${variable} is not set; this program is a step of a job`)
  return file
}
