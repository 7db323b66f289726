/** P4: the list of orders through HTTP against the same page by a bare handler of the same process. */
import { generateKeyPairSync } from 'node:crypto'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { createTokens } from '#core/auth/tokens.ts'
import { cookieName } from '#core/http/cookie.ts'
import { type Child, startChild } from '../local/child.ts'
import type { Filled } from './fill.ts'
import { describe, type Finding, say, speedFinding } from './findings.ts'
import { bodyOf, type Connection, connectionTo, requestOf } from './http-load.ts'
import type { LabUrls } from './lab.ts'
import { pageSize } from './page-sql.ts'
import { type ServerUrls, settingsEnv } from './page-settings.ts'
import type { BenchSeller } from './sellers.ts'
import { measure, type Measured } from './slices.ts'

export interface PagesSize {
  readonly rounds: number
  readonly sliceMs: number
  readonly loops: readonly number[]
}

const kinds = ['house', 'bare', 'house + buyers', 'bare + buyers'] as const
type Kind = typeof kinds[number]

export const benchPages = async (
  urls: LabUrls,
  secret: Uint8Array,
  filled: Filled,
  size: PagesSize,
): Promise<readonly Finding[]> => {
  const tokenKeys = { keys: [newTokenKey()] }
  const { child, servers } = await startServer(
    settingsEnv({
      appUrl: urls.app,
      platformUrl: urls.platform,
      freeUrl: urls.free,
      secret,
      tokenKeys,
    }),
  )
  try {
    const tokens = await createTokens({ keys: tokenKeys, now: () => new Date() })
    const requests = new Map<BenchSeller, Readonly<Record<Kind, Uint8Array>>>()
    for (const seller of filled.sellers) {
      const token = await tokens.issue({
        ...seller,
        kind: 'user',
        role: 'OWNER',
        sellerStatus: 'ACTIVE',
        hasOverrides: false,
      })
      requests.set(seller, requestsOf(servers, seller.sellerId, `${cookieName}=${token}`))
    }
    const pick = (kind: Kind): Uint8Array => requests.get(filled.pick())?.[kind] ?? missing()
    await look(servers, pick)
    const findings: Finding[] = []
    for (const loops of size.loops) {
      const found = await measureKinds(servers, pick, { ...size, loops })
      for (const one of found) say(`  c=${loops} ${describe(one)}`)
      findings.push(...findingsOf(found, loops))
    }
    return findings
  } finally {
    await child.stop()
  }
}

const findingsOf = (found: readonly Measured[], loops: number): readonly Finding[] => {
  const [house, bare, houseBuyers, bareBuyers] = found
  if (!house || !bare || !houseBuyers || !bareBuyers) return missing()
  return [
    speedFinding('P4', `list over HTTP / bare handler, c=${loops}`, 0.7, house, bare),
    speedFinding(
      'P4',
      `list with 200 fields opened / bare handler, c=${loops}`,
      0.3,
      houseBuyers,
      bareBuyers,
    ),
  ]
}

const measureKinds = async (
  servers: ServerUrls,
  pick: (kind: Kind) => Uint8Array,
  slices: { readonly rounds: number; readonly sliceMs: number; readonly loops: number },
): Promise<readonly Measured[]> => {
  const open: Connection[] = []
  try {
    const variants = []
    for (const name of kinds) {
      const own: Connection[] = []
      for (let loop = 0; loop < slices.loops; loop++) {
        own.push(connectionTo(serverOf(servers, name)))
      }
      open.push(...own)
      variants.push({
        name,
        run: (loop: number) => own[loop]?.ask(pick(name)) ?? Promise.resolve(missing()),
      })
    }
    return await measure(variants, slices)
  } finally {
    for (const connection of open) connection.close()
  }
}

/** All four answer with a full page of the same members before anything is measured. */
const look = async (servers: ServerUrls, pick: (kind: Kind) => Uint8Array): Promise<void> => {
  const shapes: string[] = []
  for (const kind of kinds) {
    const connection = connectionTo(serverOf(servers, kind))
    const body = bodyOf(await connection.ask(pick(kind)))
    connection.close()
    const { data, page } = JSON.parse(body)
    if (data.length !== pageSize || page.next === null) throw new Error(`No full page of "${kind}"`)
    shapes.push(Object.keys(data[0]).toSorted().join())
    say(`  ${kind}: ${body.length} characters of JSON`)
  }
  if (shapes[0] !== shapes[1] || shapes[2] !== shapes[3]) {
    throw new Error('The bare handler answers with other members than the house')
  }
}

const serverOf = (servers: ServerUrls, kind: Kind): string =>
  kind.startsWith('house') ? servers.house : servers.bare

const requestsOf = ({ house, bare }: ServerUrls, seller: string, cookie: string) => {
  const list = `/v1/orders?limit=${pageSize}`
  const bareList = `/orders?seller=${seller}&limit=${pageSize}`
  return {
    house: requestOf(house, list, cookie),
    'house + buyers': requestOf(house, `${list}&include=customer`, cookie),
    bare: requestOf(bare, bareList),
    'bare + buyers': requestOf(bare, `${bareList}&include=customer`),
  }
}

const newTokenKey = () => {
  const { kty, crv, x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  return { kty: kty ?? missing(), crv: crv ?? missing(), x: x ?? missing(), d: d ?? missing() }
}

const startServer = async (
  env: Readonly<Record<string, string>>,
): Promise<{ readonly child: Child; readonly servers: ServerUrls }> => {
  const script = fileURLToPath(new URL('page-server.ts', import.meta.url))
  const args = 'Deno' in globalThis ? ['run', '-A', script] : [script]
  const words: string[] = []
  let ready: (urls: ServerUrls) => void = () => {}
  const listening = new Promise<ServerUrls>((resolve) => ready = resolve)
  const child = await startChild(process.execPath, {
    args,
    env: { ...process.env, ...env },
    onLine: (line, stream) => stream === 'stdout' ? ready(JSON.parse(line)) : words.push(line),
  })
  const ended = child.exited.then(() => {
    throw new Error(`The server process has ended: ${words.join('\n')}`)
  })
  // after the start its end is met by the connections
  ended.catch(() => {})
  return { child, servers: await Promise.race([listening, ended]) }
}

const missing = (): never => {
  throw new Error('unreachable')
}
