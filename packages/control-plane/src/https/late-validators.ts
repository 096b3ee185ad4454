/**
 * The validators of the routes, each compiled when its route is asked for the first time. A start compiles none of the
 * hundreds, and a process holds those alone that it uses.
 *
 * @see https://fastify.dev/docs/latest/Reference/Validation-and-Serialization/#validator-compiler
 * @module
 */

import ajvCompiler, { type BuildCompilerFromPool } from '@fastify/ajv-compiler'

type Compile = ReturnType<BuildCompilerFromPool>

/** For Fastify's `schemaController.compilersFactory.buildValidator`; each server has its own compiler. */
export const buildLateValidators: BuildCompilerFromPool = (...given) => {
  let compile: Compile | undefined
  const compileLate = (...route: Parameters<Compile>) => {
    let validate: ReturnType<Compile> | undefined
    return function late(data: unknown) {
      compile ??= ajvCompiler()(...given)
      validate ??= compile(...route)
      const isValid = validate(data)
      Object.assign(late, { errors: validate.errors })
      return isValid
    }
  }
  return compileLate as Compile
}
