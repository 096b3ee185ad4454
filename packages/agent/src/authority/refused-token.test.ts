import { expect, test } from 'vitest'
import { describeAnswer, traceIdOf } from './refused-token.ts'

test('the line about a refusal has the ids by which the control plane finds its entry, however long the sentence is', () => {
  const ids =
    'Trace ID: 6f0f8d6a-77b3-4da6-a3ce-929d0e0e4736 Correlation ID: 0b8f1c1e-7a11-4c0d-9a53-5f3a1f0c6a0e'
  const said = `AADSTS70021: ${'x'.repeat(1_000)}. ${ids} Timestamp: 2026-01-31 12:00:00Z`
  const answer = {
    status: 401,
    headers: {},
    text: '',
    body: { error: 'invalid_client', error_description: said },
  }
  expect(describeAnswer(answer)).toContain(ids)
})

test('what an authority calls the trace id of its refusal is taken for one only if it is a GUID', () => {
  const id = '6f0f8d6a-77b3-4da6-a3ce-929d0e0e4736'
  const bodies = [{ trace_id: id }, { trace_id: `${id} and more` }, { trace_id: 1 }, {}, undefined]
  expect(bodies.map((body) => traceIdOf({ body }))).toEqual([id, undefined, undefined, undefined, undefined])
})
