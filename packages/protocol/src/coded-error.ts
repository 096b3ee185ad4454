/**
 * Makes the class of the errors that one table lists: each row has a code and a sentence, and perhaps more.
 *
 * @module
 */

/** What is known beside the code: `detail` names the thing that is meant, `cause` is the error that was caught. */
export interface Circumstances {
  detail?: string
  cause?: unknown
}

/** A class of errors, one code for each row of a table; all of them extend `Base`. */
export interface CodedErrorClass<
  Name extends string,
  Code extends string,
  Arguments extends readonly unknown[],
  Base extends Error,
> {
  /** Every code, in the order of the table. */
  readonly codes: readonly Code[]
  new (...args: Arguments): Base & { readonly name: Name; readonly code: Code }
}

/**
 * The class of the errors in `table`; `sentenceOf` makes the message from a row and what is known beside its code.
 *
 * Declare a class that extends this one: logs and stack traces then show its name. Its fields read the other columns of
 * the row by `this.code`.
 */
export function codedError<
  const Name extends string,
  Code extends string,
  Row,
  Given extends { cause?: unknown } = Circumstances,
  Base extends Error = Error,
>(
  name: Name,
  table: Readonly<Record<Code, Row>>,
  sentenceOf: (row: Row, given: Given) => string,
  base?: abstract new (message: string, options: ErrorOptions) => Base,
): CodedErrorClass<Name, Code, [code: Code, given?: Given], Base> {
  const Parent: abstract new (message: string, options: ErrorOptions) => Error = base ?? Error
  class CodedError extends Parent {
    static readonly codes = Object.keys(table) as Code[]
    override readonly name = name
    readonly code: Code

    constructor(code: Code, given = {} as Given) {
      super(sentenceOf(table[code], given), { cause: given.cause })
      this.code = code
    }
  }
  // TypeScript does not follow that the class extends `Base`, since the base of a class cannot be a type parameter.
  return CodedError as unknown as CodedErrorClass<Name, Code, [code: Code, given?: Given], Base>
}

/** `sentence`, with the detail in parentheses behind it if there is one. */
export function withDetail(sentence: string, { detail }: Circumstances): string {
  return detail ? `${sentence} (${detail})` : sentence
}
