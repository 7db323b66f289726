/** What the global set-up hands to the tests. */
import 'vitest'

declare module 'vitest' {
  export interface ProvidedContext {
    /** With the name of the template database, as superuser. */
    superuserUrl: string
    urls: { app: string; platform: string; owner: string }
  }
}
