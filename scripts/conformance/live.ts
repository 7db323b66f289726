/** The file of a real account, for `robnu conformance --live`. */
import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { createUpstream } from '#core/ledger/upstream.ts'
import type { LiveAccount } from '#core/testing/conformance/bench.ts'
import { z } from 'zod'

const loopback = /^http:\/\/127\.0\.0\.1:\d+$/
const LiveFile = z.strictObject({
  external_account_id: z.string().min(1),
  details: z.unknown(),
  credentials: z.unknown(),
  config: z.unknown().optional(),
  /** Some marketplaces end the old token with it: the file then gets the new one. */
  may_refresh: z.boolean().default(false),
  /** Where requests go instead of the real hosts: something on this machine. */
  upstream: z.string().regex(loopback, 'must be http://127.0.0.1:<port>').optional(),
})

/** `record`: a folder for scrubbed recordings. Throws one sentence without anything of the content. */
export const readLiveFile = async (
  path: string,
  { record, fetch: ask = fetch }: {
    readonly record?: string | undefined
    readonly fetch?: typeof fetch
  } = {},
): Promise<LiveAccount> => {
  const refuse = (why: string): never => {
    throw new Error(`Cannot use "${path}": ${why}`)
  }
  const found = await stat(path).catch(() => refuse('there is no such file'))
  // Windows tells no such rights
  if (found.mode & 0o077 && process.platform !== 'win32') {
    refuse(`others may read it, and it holds credentials; chmod 600 "${path}"`)
  }
  const json = await readFile(path, 'utf8').then((text): unknown => JSON.parse(text))
    .catch(() => refuse('it is no JSON'))
  const read = LiveFile.safeParse(json)
  if (!read.success) {
    const [issue] = read.error.issues
    const where = issue?.path.join('.') || issue?.message
    return refuse(`"${where}" is not as it should be`)
  }
  const { external_account_id: externalAccountId, may_refresh: mayRefresh, ...given } = read.data
  const { details, credentials, config, upstream } = given
  return {
    ...{ externalAccountId, details, credentials, config, mayRefresh },
    keep: (fresh) => keep(path, { ...read.data, credentials: fresh }),
    fetch: upstream === undefined ? ask : through(upstream, ask),
    ...(record === undefined ? {} : { record: pathToFileURL(`${record}/`) }),
  }
}

/** Whole or not at all: the credentials before may be dead already. */
const keep = async (path: string, file: z.infer<typeof LiveFile>): Promise<void> => {
  await writeFile(`${path}.next`, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 })
  await rename(`${path}.next`, path)
}

/** As ops put something in the place of a marketplace. */
const through = (url: string, ask: typeof fetch): typeof fetch => {
  const { resolve } = createUpstream({ url }, Date.now)
  return (input, init) => {
    const asked = resolve(new URL(String(input instanceof Request ? input.url : input)))
    return ask(asked.url, {
      ...init,
      headers: { ...Object.fromEntries(new Headers(init?.headers)), ...asked.headers },
    })
  }
}
