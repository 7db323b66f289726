/**
 * Server-side request forgery: every address that a plugin or a seller can name, by every way on which
 * we would ask it. What counts is what arrives: nothing.
 */
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { createEgress, egressFault, type EgressOptions } from '../../core/egress.ts'
import { createGuardedFetch } from '../../core/guarded-fetch.ts'
import { checkCredentials } from '../../core/ledger/connect.ts'
import { createOutbound, type OutboundOptions } from '../../core/ledger/outbound.ts'
import { createDownload } from '../../core/ledger/outbound-download.ts'
import { createPluginContext } from '../../core/ledger/plugin-context.ts'
import { createUpstream, type Upstream } from '../../core/ledger/upstream.ts'
import { type Context, defineMarketplace, type Marketplace } from '../../core/plugin.ts'
import { declarationFaults } from '../../core/rules/declaration.ts'
import bazaar from '../support/bazaar/mod.ts'
import { makeCertificate } from '../support/certificate.ts'
import { setTraps, watchDials } from './traps.ts'
import { declared, trickyUrls } from './tricky-urls.ts'

interface Way {
  readonly how: string
  /** Asks for the URL as a plugin with these hosts, or a seller, would; rejects when it is refused. */
  readonly go: (url: string, hosts: readonly string[], world: World) => Promise<unknown>
}
interface World {
  readonly fetch: typeof fetch
  readonly egress: EgressOptions
  readonly upstream: Upstream
}
const Any = z.unknown()
const signal = new AbortController().signal
const real = createUpstream(undefined, Date.now)

const marketplaceOf = (hosts: readonly string[], more: object = {}): Marketplace =>
  defineMarketplace({ ...bazaar, hosts, ...more } as Marketplace)
const outboundOf = (hosts: readonly string[], { fetch, upstream }: World): OutboundOptions => ({
  ...{ marketplace: { id: 'bazaar', hosts, limits: [] }, upstream, fetch, signal },
})
const depsOf = ({ fetch, upstream }: World) => ({
  ...{ fetch, upstreamOf: () => upstream, configOf: () => undefined },
})
const quiet = { info: () => {}, warn: () => {}, error: () => {} }

const ways: readonly Way[] = [
  {
    how: 'http of an adapter',
    go: (url, hosts, world) => createOutbound(outboundOf(hosts, world))(Any, url),
  },
  {
    how: 'a post of an adapter',
    go: (url, hosts, world) =>
      createOutbound(outboundOf(hosts, world))(Any, url, { method: 'POST', json: { a: 1 } }),
  },
  {
    how: 'a download of an adapter',
    go: (url, hosts, world) =>
      createDownload({
        ...outboundOf(hosts, world),
        files: { put: () => Promise.reject(new Error('nothing is stored here')) },
        entry: { kind: 'session', ref: '', sellerId: '' } as never,
        folder: () => 'x',
      })(url),
  },
  {
    how: 'http of a route, a consumer, a sweep and a start',
    go: (url, hosts, world) =>
      createPluginContext(
        { ...depsOf(world), db: undefined as never, log: quiet as never },
        marketplaceOf(hosts),
        { key: 'k', signal },
      ).http(Any, url),
  },
  {
    how: 'the base URL in the details that a seller sends',
    go: (url, hosts, world) =>
      checkCredentials(
        depsOf(world),
        marketplaceOf(hosts, {
          adapter: {
            verify: async (account: { details: { base: string } }, ctx: Context) => {
              await ctx.http(Any, account.details.base)
            },
          },
        }),
        { id: 'a', externalAccountId: 'x', details: { base: url }, credentials: {} },
      ),
  },
  {
    how: 'the hook of an audit trail',
    go: (url, _hosts, world) =>
      createEgress(world.egress).post(url, { headers: {}, body: '{}', signal }),
  },
]

/** Every name is told to be here, where the traps are. */
const inner = () => Promise.resolve(['127.0.0.1', '::1'])
const worldOf = (egress: EgressOptions, upstream = real): World => {
  const guarded = createGuardedFetch(egress)
  onTestFinished(guarded.close)
  return { fetch: guarded.fetch, egress, upstream }
}
/** What a plugin that means harm would declare: the very host of the URL. */
const hostsOf = (url: string): readonly string[] => URL.canParse(url) ? [new URL(url).host] : []

const errorsOf = async (way: Way, hosts: (url: string) => readonly string[], world: World) => {
  const traps = await setTraps()
  const dials = watchDials()
  const answered: string[] = []
  for (const { url: text } of trickyUrls) {
    const url = text.replaceAll('PORT', String(traps.port))
    await way.go(url, hosts(url), world).then(() => answered.push(url), () => {})
  }
  return { answered, caught: traps.caught(), dials }
}
const nothing = { answered: [], caught: 0, dials: [] }

it('there are two hundred tricky addresses and more, each once', () => {
  expect(trickyUrls.length).toBeGreaterThanOrEqual(200)
  expect(new Set(trickyUrls.map(({ url }) => url)).size).toBe(trickyUrls.length)
})

it('they are tricky: a plain request gets to the traps by every third of them', async () => {
  const traps = await setTraps()
  let reached = 0
  for (const { url: text } of trickyUrls) {
    const url = text.replaceAll('PORT', String(traps.port))
    const before = traps.caught()
    if (
      !URL.canParse(url) || !/^(?:127\.|\[::1\]|0\.0\.0\.0|localhost$)/.test(new URL(url).hostname)
    ) continue
    if (!/^https?:$/.test(new URL(url).protocol)) continue
    const plain = new URL(url)
    await fetch(`${plain.protocol}//${plain.host}/`).catch(() => {})
    if (traps.caught() > before) reached++
  }
  expect(reached).toBeGreaterThanOrEqual(trickyUrls.length / 4)
})

describe.each(ways)('by $how', (way) => {
  it('a plugin with an honest declaration gets nowhere', async () => {
    expect(await errorsOf(way, () => [declared], worldOf({ resolve: inner }))).toEqual(nothing)
  })

  it('a plugin that declares whatever it wants to reach gets nowhere', async () => {
    expect(await errorsOf(way, hostsOf, worldOf({ resolve: inner }))).toEqual(nothing)
  })

  it('nor where a name has a public address among others', async () => {
    const resolve = () => Promise.resolve(['8.8.8.8', '127.0.0.1'])
    expect(await errorsOf(way, hostsOf, worldOf({ resolve }))).toEqual(nothing)
  })

  it('the second answer of a name is never dialled', async () => {
    const traps = await setTraps()
    const dials = watchDials()
    let asked = 0
    // nobody listens on the first, which counts as public here
    const resolve = () => Promise.resolve([asked++ % 2 === 0 ? '127.0.0.9' : '127.0.0.1'])
    const world = worldOf({ resolve, isPublic: (address) => address === '127.0.0.9' })
    const url = `https://${declared}:${traps.port}/`
    for (let i = 0; i < 4; i++) {
      await expect(way.go(url, hostsOf(url), world)).rejects.toThrow()
    }
    expect(asked).toBe(4)
    expect(traps.caught()).toBe(0)
    expect(dials.every((dial) => dial.includes('127.0.0.9'))).toBe(true)
    expect(dials.length).toBeGreaterThan(0)
  })

  it('a redirect is not followed, whatever its status and wherever it leads', async () => {
    const traps = await setTraps()
    let asked = 0
    const first = await answering((response) => {
      const status = [300, 301, 302, 303, 305, 307, 308][asked++ % 7] ?? 302
      const location = asked % 2 === 0
        ? `https://127.0.0.1:${traps.port}/`
        : `//[::1]:${traps.port}/`
      response.writeHead(status, { location }).end('{}')
    })
    const world = worldOf(first.open)
    for (let i = 0; i < 14; i++) {
      await way.go(first.url, hostsOf(first.url), world).catch(() => {})
    }
    expect(asked).toBe(14)
    expect(traps.caught()).toBe(0)
  })

  it('where all is well, the request arrives', async () => {
    const first = await answering((response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
    await way.go(first.url, hostsOf(first.url), worldOf(first.open)).catch(() => {})
    expect(first.asked()).toBe(1)
  })
})

describe('what ops have put in the place of a marketplace', () => {
  it('may be on this machine, and is all that is asked then', async () => {
    const traps = await setTraps()
    const sandbox = await setTraps()
    const upstream = createUpstream({ url: `http://127.0.0.1:${sandbox.port}` }, Date.now, fetch)
    const world = worldOf({ resolve: inner }, upstream)
    const [http] = ways
    for (
      const path of ['/v3', `//127.0.0.1:${traps.port}/`, `/\\127.0.0.1:${traps.port}/`, '/..//x']
    ) {
      const before = sandbox.caught()
      await expect(http?.go(`https://${declared}${path}`, [declared], world)).rejects.toThrow()
      expect(sandbox.caught()).toBeGreaterThan(before)
    }
    expect(traps.caught()).toBe(0)
  })

  it('opens no door to what is not declared', async () => {
    const sandbox = await setTraps()
    const upstream = createUpstream({ url: `http://127.0.0.1:${sandbox.port}` }, Date.now, fetch)
    const world = worldOf({ resolve: inner }, upstream)
    const [http] = ways
    for (const { url } of trickyUrls) {
      if (hostsOf(url).includes(declared) && url.startsWith('https://')) continue
      await expect(http?.go(url.replaceAll('PORT', '4010'), [declared], world)).rejects.toThrow()
    }
    expect(sandbox.caught()).toBe(0)
  })
})

it('no such host can be declared, and no such hook be added, but those whose name alone is public', () => {
  const left = trickyUrls.map(({ url }) => url.replaceAll('PORT', '8443')).filter((url) => {
    const hosts = hostsOf(url)
    const isDeclared = hosts.length > 0 &&
      declarationFaults(marketplaceOf(hosts)).every(([path]) => path !== 'hosts[0]')
    return isDeclared && /^https:/.test(url) && egressFault(url) === undefined
  })
  // told apart by their addresses alone, when they are asked
  expect(left.every((url) => /^[a-z0-9.-]+\.[a-z][a-z0-9-]*$/.test(new URL(url).hostname))).toBe(
    true,
  )
  expect(left.length).toBeLessThan(50)
})

type Answer = (response: import('node:http').ServerResponse) => void

/** A public marketplace, as far as `open` knows. */
const answering = async (answer: Answer) => {
  const { cert, key } = makeCertificate(declared)
  let asked = 0
  const server = createServer({ cert, key }, (request, response) => {
    asked++
    request.resume().on('end', () => answer(response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.2', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const open: EgressOptions = {
    ca: cert,
    resolve: () => Promise.resolve(['127.0.0.2']),
    isPublic: (address) => address === '127.0.0.2',
  }
  const { port } = server.address() as AddressInfo
  return { url: `https://${declared}:${port}/v3/orders`, open, asked: () => asked }
}
