/** A sandbox for one test, and its books. */
import { type Context, type Download, failure } from 'robnu/plugin'
import { callVerb, type FakeContext, type RunningSandbox, sandboxContext } from 'robnu/testing'
import { upstreamHostHeader } from 'robnu/testing'
import { onTestFinished } from 'vitest'
import ajio from '../mod.ts'
import startSandbox from '../sandbox.ts'
import { Credentials, Details } from '../schemas.ts'
import type { Connection } from '../transport.ts'

export interface World {
  readonly sandbox: RunningSandbox
  readonly ctx: FakeContext
  /** What was downloaded, as text, by its storage key. */
  readonly papers: ReadonlyMap<string, string>
  readonly control: (verb: string, body?: object) => Promise<unknown>
  readonly pass: (seconds: number) => Promise<unknown>
  readonly books: () => Promise<Books>
  /** Of the first POB. */
  account: Connection
}
interface BookedOrder {
  readonly no: string
  readonly status: string
  readonly totalPaise: number
  readonly packages: number
  readonly lines: readonly {
    readonly sellerOrderNo: string
    readonly jioCode: string
    readonly orderQty: number
    readonly confirmedQty: number | null
    readonly cancelledQty: number
  }[]
  readonly shipment:
    | { readonly id: string; readonly status: string; readonly manifestId: string | null }
    | null
  readonly returns: readonly {
    readonly no: string
    readonly type: string
    readonly status: string
    readonly creditNotePaise: number | null
  }[]
}
export interface Books {
  readonly orders: readonly BookedOrder[]
  readonly manifests: readonly {
    readonly id: string
    readonly reference: string
    readonly status: string
    readonly dispatchDate: string | null
    readonly shipments: readonly string[]
  }[]
  readonly settlements: readonly {
    readonly clearingDocNo: string
    readonly totalPaise: number
    readonly lines: readonly { readonly internalDocNo: string; readonly netPaise: number }[]
  }[]
  readonly stock: Readonly<Record<string, number>>
  /** How often each operation was asked, and how often it changed something. */
  readonly asked: Readonly<Record<string, number>>
  readonly done: Readonly<Record<string, number>>
}

/** The clock stands still until it is moved; no limits unless asked for. */
export const startWorld = async ({ limited = false } = {}): Promise<World> => {
  const sandbox = await startSandbox({ seed: 7, speed: 0, env: {} })
  onTestFinished(() => sandbox.stop())
  const papers = new Map<string, string>()
  const fake = sandboxContext(sandbox, {
    hosts: ajio.hosts,
    ...(ajio.limits ? { limits: ajio.limits } : {}),
  })
  const ctx: FakeContext = { ...fake, download: downloader(sandbox, papers) }
  const control: World['control'] = (verb, body) => callVerb(sandbox, verb, body)
  if (!limited) {
    for (const { operation } of ajio.limits ?? []) {
      await control('throttle', { operation, ratePerSecond: 1e6, burst: 1e6 })
    }
  }
  const account = accountOf(sandbox, 0)
  return {
    ...{ sandbox, ctx, papers, control, account },
    pass: (seconds) => control('clock', { bySeconds: seconds }),
    books: async () => {
      const { pobs } = await control('books', { pob: account.externalAccountId }) as {
        pobs: Record<string, Books>
      }
      return pobs[account.externalAccountId] as Books
    },
  }
}

const accountOf = (sandbox: RunningSandbox, at: number): Connection => {
  const demo = sandbox.accounts[at]
  if (!demo) throw new Error(`there is no demo account ${at}`)
  return {
    id: `account-${at}`,
    externalAccountId: demo.externalAccountId,
    details: Details.parse(demo.details),
    credentials: Credentials.parse(demo.credentials),
  }
}

const downloader =
  (sandbox: RunningSandbox, papers: Map<string, string>): Context['download'] =>
  async (url, init = {}): Promise<Download> => {
    const { pathname, host } = new URL(url)
    const headers = { ...init.headers, [upstreamHostHeader]: host }
    const answer = await fetch(sandbox.url + pathname, { headers })
      .catch(() => undefined)
    const bytes = await answer?.arrayBuffer().catch(() => undefined)
    if (!answer || !bytes) throw failure('unavailable', 'Cannot reach the marketplace')
    const text = new TextDecoder('latin1').decode(bytes)
    if (answer.status !== 200) {
      const told = init.explain?.(answer.status, jsonOf(text))
      const { kind = 'unavailable', message = 'no', ...rest } = told ?? {}
      throw failure(kind, message, rest)
    }
    const storageKey = `documents${pathname}`
    papers.set(storageKey, text)
    return {
      sha256: '0'.repeat(64),
      byteSize: bytes.byteLength,
      mime: 'application/pdf',
      storageKey,
    }
  }
const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
