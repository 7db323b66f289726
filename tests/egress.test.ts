/** Requests to addresses that sellers choose: where they may go, and that they go nowhere else. */
import { createServer as createTcpServer } from 'node:net'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createEgress, egressFault } from '../core/egress.ts'
import { isPublicAddress } from '../core/public-address.ts'
import { makeCertificate } from './support/certificate.ts'

/** Each leads, or might lead, to something that is not the public internet. */
const refused = [
  // no https
  ...['http://hooks.seller.in/', 'ftp://hooks.seller.in/', 'file:///etc/passwd', 'gopher://x.in/'],
  ...['javascript:alert(1)', 'data:text/plain,x', 'ws://hooks.seller.in/', '//hooks.seller.in/'],
  ...['hooks.seller.in', '', 'https://', 'https:///x', 'https://[', 'https://a b.in/'],
  // names and passwords
  ...['https://me@hooks.seller.in/', 'https://me:secret@hooks.seller.in/'],
  'https://hooks.seller.in@127.0.0.1/',
  // ports of other services
  ...['https://hooks.seller.in:22/', 'https://hooks.seller.in:25/', 'https://hooks.seller.in:1/'],
  ...[
    'https://hooks.seller.in:1023/',
    'https://hooks.seller.in:0/',
    'https://hooks.seller.in:99999/',
  ],
  // this machine, in all of its spellings
  ...['https://localhost/', 'https://LOCALHOST/', 'https://localhost./', 'https://a.localhost/'],
  ...['https://127.0.0.1/', 'https://127.1/', 'https://127.0.1/', 'https://2130706433/'],
  ...['https://0x7f000001/', 'https://0x7f.1/', 'https://0177.0.0.1/', 'https://017700000001/'],
  ...['https://127.255.255.254/', 'https://0.0.0.0/', 'https://0/', 'https://①②⑦.⓪.⓪.①/'],
  ...['https://127。0。0。1/', 'https://%31%32%37.0.0.1/', 'https://[::1]/', 'https://[::]/'],
  ...['https://[0:0:0:0:0:0:0:1]/', 'https://[::127.0.0.1]/', 'https://[::ffff:127.0.0.1]/'],
  ...['https://[::ffff:7f00:1]/', 'https://[::ffff:0:127.0.0.1]/'],
  // networks of our own
  ...['https://10.0.0.1/', 'https://10.255.255.255/', 'https://172.16.0.1/', 'https://172.31.9.9/'],
  ...['https://192.168.0.1/', 'https://192.168.1.254/', 'https://[fc00::1]/', 'https://[fd12::1]/'],
  ...['https://[fe80::1]/', 'https://[fec0::1]/', 'https://[::ffff:10.0.0.1]/'],
  ...['https://100.64.0.1/', 'https://100.127.255.254/', 'https://[::ffff:192.168.0.1]/'],
  // metadata of clouds
  ...['https://169.254.169.254/latest/meta-data/', 'https://169.254.170.2/', 'https://2852039166/'],
  ...['https://[::ffff:169.254.169.254]/', 'https://[fd00:ec2::254]/', 'https://100.100.100.200/'],
  ...['https://168.63.129.16/', 'https://192.0.0.192/', 'https://metadata.google.internal/'],
  'https://[64:ff9b::a9fe:a9fe]/',
  // translated, tunnelled, for documentation, for everybody at once
  ...['https://[64:ff9b::7f00:1]/', 'https://[64:ff9b:1::1]/', 'https://[2002:7f00:1::]/'],
  ...['https://[2001::1]/', 'https://[2001:db8::1]/', 'https://[3fff::1]/', 'https://[100::1]/'],
  ...['https://192.0.2.1/', 'https://198.51.100.1/', 'https://203.0.113.1/', 'https://198.18.0.1/'],
  ...['https://224.0.0.1/', 'https://239.255.255.255/', 'https://255.255.255.255/'],
  ...['https://240.0.0.1/', 'https://[ff02::1]/', 'https://192.88.99.1/', 'https://[5f00::1]/'],
  // names that only mean something inside
  ...['https://intranet/', 'https://redis/', 'https://db.internal/', 'https://printer.local/'],
  ...[
    'https://host.docker.internal/',
    'https://router.lan/',
    'https://nas.home/',
    'https://x.corp/',
  ],
  ...[
    'https://1.0.0.127.in-addr.arpa/',
    'https://x.onion/',
    'https://x.test/',
    'https://x.invalid/',
  ],
  `https://hooks.seller.in/${'x'.repeat(2_000)}`,
]

describe('an address', () => {
  it('is refused unless it leads to the public internet by https', () => {
    expect(new Set(refused).size).toBe(refused.length)
    expect(refused.length).toBeGreaterThanOrEqual(60)
    const accepted = refused.filter((url) => egressFault(url) === undefined)
    expect(accepted).toEqual([])
    for (const url of refused) expect(egressFault(url)).toMatch(/^must /)
  })

  it('is taken where it may lead out', () => {
    for (
      const url of [
        'https://hooks.seller.in/',
        'https://hooks.seller.in:8443/a?b=c#d',
        'https://HOOKS.seller.in./x',
        'https://8.8.8.8/x',
        'https://[2606:4700::1111]/x',
        'https://xn--11b4c3d.in/',
        'https://मेरा.in/',
      ]
    ) expect(egressFault(url), url).toBeUndefined()
  })

  it('is public by what the registries say, and not when nobody knows', () => {
    const open = ['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '192.167.255.255', '223.5.5.5']
    const openV6 = ['2606:4700::1111', '2001:4860:4860::8888', '2400:cb00::1', '2a00:1450::1']
    for (const address of [...open, ...openV6]) expect(isPublicAddress(address), address).toBe(true)
    const closed = ['', 'x', '1.2.3', '1.2.3.4.5', '::', '4000::1', '1fff::1', 'fe80::1%eth0']
    for (const address of closed) expect(isPublicAddress(address), address).toBe(false)
  })
})

describe('a post', () => {
  const { cert, key } = makeCertificate('hooks.seller.in')
  let server: Server
  let port = 0
  const seen: { host?: string; path?: string; method?: string; type?: string; body: string }[] = []
  let answer: { status: number; headers: Record<string, string> } = { status: 204, headers: {} }
  beforeAll(async () => {
    server = createServer({ cert, key }, (request, response) => {
      let body = ''
      request.setEncoding('utf8')
      request.on('data', (text) => body += text)
      request.on('end', () => {
        const { host, 'content-type': type } = request.headers
        seen.push({
          ...request.url ? { path: request.url } : {},
          ...host ? { host } : {},
          body,
          ...request.method ? { method: request.method } : {},
          ...type ? { type } : {},
        })
        response.writeHead(answer.status, answer.headers).end('thank you')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  const message = { headers: { 'content-type': 'application/json' }, body: '{"नाम":1}' }
  const url = (host = 'hooks.seller.in') => `https://${host}:${port}/in?a=b`
  /** Everything resolves to this machine, and this machine counts as public. */
  const local = (addresses: readonly string[] = ['127.0.0.1']) =>
    createEgress({ resolve: () => Promise.resolve(addresses), isPublic: () => true, ca: cert })

  it('goes to the checked address, under the name that was asked for', async () => {
    seen.length = 0
    expect(await local().post(url(), message)).toEqual({ status: 204 })
    expect(seen).toEqual([{
      ...{ host: `hooks.seller.in:${port}`, path: '/in?a=b', method: 'POST' },
      ...{ type: 'application/json', body: message.body },
    }])
  })

  it('goes nowhere when one of the addresses of the name is not public', async () => {
    seen.length = 0
    for (
      const addresses of [
        ['127.0.0.1'],
        ['8.8.8.8', '127.0.0.1'],
        ['2606:4700::1111', '::1'],
        ['8.8.8.8', '169.254.169.254'],
        ['10.0.0.8'],
        ['::ffff:8.8.8.8'],
        ['64:ff9b::808:808'],
        ['fe80::1'],
      ]
    ) {
      const guarded = createEgress({ resolve: () => Promise.resolve(addresses), ca: cert })
      await expect(guarded.post(url(), message), String(addresses))
        .rejects.toThrow('The host is not on the public internet')
    }
    expect(seen).toEqual([])
  })

  it('asks for the name once: a second answer would lead elsewhere', async () => {
    let asked = 0
    const rebinding = createEgress({
      resolve: () => Promise.resolve([asked++ === 0 ? '127.0.0.1' : '127.0.0.2']),
      isPublic: (address) => address === '127.0.0.1',
      ca: cert,
    })
    await rebinding.post(url(), message)
    expect(asked).toBe(1)
  })

  it('does not follow a redirect', async () => {
    seen.length = 0
    for (const status of [301, 302, 303, 307, 308]) {
      answer = { status, headers: { location: 'https://169.254.169.254/' } }
      expect(await local().post(url(), message)).toEqual({ status })
    }
    answer = { status: 204, headers: {} }
    expect(seen).toHaveLength(5)
  })

  it('is refused by its form before anything is asked', async () => {
    const never = createEgress({ resolve: () => Promise.reject(new Error('was asked')) })
    for (const one of ['http://hooks.seller.in/', 'https://127.0.0.1/', 'https://a@b.in/']) {
      await expect(never.post(one, message)).rejects.toThrow(/^The address must /)
    }
  })

  it('believes no certificate but that of the name', async () => {
    seen.length = 0
    await expect(local().post(url('other.seller.in'), message)).rejects.toThrow('certificate')
    const { cert: another } = makeCertificate('hooks.seller.in')
    const trusting = createEgress({
      ...{ resolve: () => Promise.resolve(['127.0.0.1']), isPublic: () => true, ca: another },
    })
    await expect(trusting.post(url(), message)).rejects.toThrow('certificate')
    expect(seen).toEqual([])
  })

  it('tries the next address when one cannot be reached', async () => {
    seen.length = 0
    // nobody listens on that one
    expect(await local(['127.0.0.9', '127.0.0.1']).post(url(), message)).toEqual({ status: 204 })
    expect(seen).toHaveLength(1)
    await expect(local(['127.0.0.9']).post(url(), message))
      .rejects.toThrow('The host refused the connection')
  })

  it('says that a name is not known', async () => {
    for (const resolve of [() => Promise.reject(new Error('x')), () => Promise.resolve([])]) {
      await expect(createEgress({ resolve }).post('https://hooks.seller.in/', message))
        .rejects.toThrow('The name of the host is not known')
    }
  })

  it('ends when its time is over, and when it is called off', async () => {
    // takes connections and never says a word
    const silent = createTcpServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void silent.close())
    const where = `https://hooks.seller.in:${(silent.address() as AddressInfo).port}/`
    const options = { resolve: () => Promise.resolve(['127.0.0.1']), isPublic: () => true }
    await expect(createEgress({ ...options, timeoutMs: 50 }).post(where, message))
      .rejects.toThrow('The host did not answer in time')
    const never = createEgress({ ...options, resolve: () => new Promise(() => {}), timeoutMs: 50 })
    await expect(never.post(where, message)).rejects.toThrow('did not answer in time')
    const off = AbortSignal.abort()
    await expect(createEgress(options).post(where, { ...message, signal: off })).rejects.toThrow()
  })
})
