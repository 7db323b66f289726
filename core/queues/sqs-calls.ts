/** What the calls to SQS share: a limit of time, and tens. */

/** Longer than any answer takes; a long poll adds what it waits. */
const answerMs = 10_000
/** Of SQS, for one request. */
export const maxEntries = 10

/** The options of a request: it ends when the time is up or the signal aborts. */
export const limited = (
  options: { readonly waitMs?: number; readonly signal?: AbortSignal | undefined } = {},
): { readonly abortSignal: AbortSignal } => {
  const limit = AbortSignal.timeout(answerMs + (options.waitMs ?? 0))
  const { signal } = options
  return { abortSignal: signal === undefined ? limit : AbortSignal.any([limit, signal]) }
}

/** Calls once for every ten and joins the answers. */
export const inTens = async <In, Out>(
  all: readonly In[],
  call: (ten: readonly In[]) => Promise<readonly Out[]>,
): Promise<readonly Out[]> => {
  const answers: Out[] = []
  for (let from = 0; from < all.length; from += maxEntries) {
    answers.push(...await call(all.slice(from, from + maxEntries)))
  }
  return answers
}
