export async function replayVectors(_: unknown): Promise<[]> {
  return []
}
