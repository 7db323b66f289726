/** Whether a connection works; one that does is told of changes from then on. */
import type { Context } from 'robnu/plugin'
import { type Connection, signIn } from './client.ts'
import { subscribe } from './notifications.ts'

/** Proves that the refresh token, client id and secret belong together and are alive. */
export const verify = async (account: Connection, ctx: Context): Promise<void> => {
  const { access_token: token } = await signIn(account, ctx)
  await subscribe(account, ctx, token)
}
