/** Calling a verb of a running sandbox, as a test does. */

/** Resolves to the verb's answer; throws what it refuses. */
export const callVerb = async (
  { url }: { readonly url: string },
  verb: string,
  body: object = {},
): Promise<unknown> => {
  const request = { method: 'POST', body: JSON.stringify(body) }
  const answer = await fetch(`${url}/_control/${verb}`, request)
  const json: unknown = await answer.json()
  if (!answer.ok) throw new Error(`${verb}: ${JSON.stringify(json)}`)
  return json
}
