/**
 * An answer that is held back before it is sent, so that a fault may change it.
 *
 * @module
 */

import type { ServerResponse } from 'node:http'

/** An answer of the agent. */
export interface Answer {
  status: number
  headers: Record<string, string | number>
  text: string
}

/** What `answer` writes to `response`, which stays untouched. The agent writes the head of an answer and its body, each at once. */
export async function captureAnswer(response: ServerResponse, answer: () => Promise<void>): Promise<Answer> {
  const { writeHead, end } = response
  const captured: Answer = { status: 0, headers: {}, text: '' }
  const holder = response as unknown as Record<'writeHead' | 'end', (...given: never[]) => ServerResponse>
  holder.writeHead = (status: number, headers: Answer['headers']) => {
    Object.assign(captured, { status, headers })
    return response
  }
  holder.end = (text = '') => {
    captured.text = text
    return response
  }
  try {
    await answer()
  } finally {
    Object.assign(response, { writeHead, end })
  }
  return captured
}

/** Sends an answer, whatever its length was before. */
export function sendAnswer(response: ServerResponse, { status, headers, text }: Answer): void {
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(text) }).end(text)
}
