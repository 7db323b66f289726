/** Mails as JSON to an address of the operator's, where whatever sends mail takes over. */
import type { Mailer } from './mail.ts'

const limitMs = 10_000

/**
 * POST `{id, to, subject, text}`; any answer 2xx is a yes. A mail may come twice: the `id` is the
 * same then. With a token: `Authorization: Bearer <token>`.
 */
export const createMailHook = (
  { url, token, fetch }: {
    readonly url: string
    readonly token?: string
    readonly fetch: typeof globalThis.fetch
  },
): Mailer => ({
  send: async ({ id, to, subject, text }) => {
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ id, to, subject, text }),
      // a mail holds a token: it goes to the named address and nowhere else
      redirect: 'error',
      signal: AbortSignal.timeout(limitMs),
    })
    await answer.body?.cancel()
    if (!answer.ok) throw new Error(`The mail hook answered ${answer.status}`)
  },
})
