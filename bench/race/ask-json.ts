/**
 * One request with JSON in the answer, to make a contestant ready.
 *
 * @module
 */

import { request } from 'node:https'

/** What is sent: a form or JSON. */
interface Asked {
  ca: string
  method?: 'POST' | 'PUT'
  form?: Record<string, string>
  json?: object
  /** A token that allows it. */
  token?: unknown
}

/** The answer; `{}` if it is empty. @throws {Error} if it is none of success. */
export async function askJson(url: string, asked: Asked): Promise<Record<string, unknown>> {
  const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>()
  const { ca, method = 'POST', form, json, token } = asked
  const headers = {
    'Content-Type': form ? 'application/x-www-form-urlencoded' : 'application/json',
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
  }
  const sent = request(url, { ca, method, headers, agent: false }, (answer) => {
    let text = ''
    answer.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    answer.on('end', () => {
      if ((answer.statusCode ?? 0) < 300) resolve(text === '' ? {} : JSON.parse(text))
      else reject(new Error(`${method} ${url} answered ${answer.statusCode}: ${text.slice(0, 400)}`))
    })
  })
  sent.on('error', reject)
  sent.end(form ? new URLSearchParams(form).toString() : JSON.stringify(json))
  return promise
}
