/** What the global set-up hands to the tests. */
import 'vitest'

declare module 'vitest' {
  export interface ProvidedContext {
    /** With the name of the template database, as superuser. */
    superuserUrl: string
    /** A folder that goes at the end of the run with all that lies in it. */
    scratch: string
    /** Where test files tell how many sealed values they opened. */
    opensFile: string
    urls: { app: string; platform: string; owner: string }
  }
}
