/**
 * Addresses that look like one thing and lead to another: into our own network, away from the declared
 * host, or out of https. `PORT` stands for the port of a trap on this machine.
 */

/** What a marketplace of the tests declares. */
export const declared = 'api.bazaar.in'

export interface TrickyUrl {
  readonly how: string
  readonly url: string
}
const all = (how: string, urls: readonly string[]): readonly TrickyUrl[] =>
  urls.map((url) => ({ how, url }))

/** Every spelling that some parser takes for the same four numbers. */
const spellingsOf = (a: number, b: number, c: number, d: number): readonly string[] => {
  const whole = ((a * 256 + b) * 256 + c) * 256 + d
  const parts = [a, b, c, d]
  const hex = (n: number) => `0x${n.toString(16)}`
  const octal = (n: number) => `0${n.toString(8)}`
  const wide = (text: string) =>
    text.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))
  return [
    parts.join('.'),
    String(whole),
    hex(whole),
    hex(whole).toUpperCase().replace('X', 'x'),
    octal(whole),
    parts.map(hex).join('.'),
    parts.map(octal).join('.'),
    parts.map((n) => `000${octal(n)}`).join('.'),
    `${hex(a)}.${octal(b)}.${c}.${d}`,
    `${a}.${b}.${c * 256 + d}`,
    `${a}.${(b * 256 + c) * 256 + d}`,
    `${hex(a)}.${(b * 256 + c) * 256 + d}`,
    `${parts.join('.')}.`,
    parts.join('。'),
    parts.join('．'),
    parts.join('｡'),
    wide(parts.join('.')),
    parts.map((n) => `%${`${n}`.charCodeAt(0).toString(16)}${`${n}`.slice(1)}`).join('.'),
    parts.join('%2e'),
    `${parts.join('.')}%00.${declared}`,
  ]
}

/** The same four numbers inside of IPv6. */
const insideV6 = (a: number, b: number, c: number, d: number): readonly string[] => {
  const two = (x: number, y: number) => (x * 256 + y).toString(16)
  const tail = `${two(a, b)}:${two(c, d)}`
  const dotted = [a, b, c, d].join('.')
  return [
    `[::ffff:${dotted}]`,
    `[::ffff:${tail}]`,
    `[0:0:0:0:0:ffff:${tail}]`,
    `[0000:0000:0000:0000:0000:FFFF:${tail.toUpperCase()}]`,
    `[::${dotted}]`,
    `[::ffff:0:${dotted}]`,
    `[64:ff9b::${dotted}]`,
    `[64:ff9b::${tail}]`,
    `[64:ff9b:1::${tail}]`,
    `[2002:${tail}::]`,
    `[2002:${tail}::1]`,
    `[2001:0:${tail}::1]`,
    `[fe80::5efe:${dotted}]`,
  ]
}

const at = (hosts: readonly string[]) => hosts.map((host) => `https://${host}:PORT/latest/`)

export const trickyUrls: readonly TrickyUrl[] = [
  ...all('this machine by number', at(spellingsOf(127, 0, 0, 1))),
  ...all('metadata of a cloud by number', at(spellingsOf(169, 254, 169, 254))),
  ...all('a network of ours by number', at(spellingsOf(10, 0, 0, 1))),
  ...all('this machine inside of IPv6', at(insideV6(127, 0, 0, 1))),
  ...all('metadata of a cloud inside of IPv6', at(insideV6(169, 254, 169, 254))),
  ...all(
    'this machine',
    at([
      ...['[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '[::0001]', '0', '0.0.0.0', '0x0', '00'],
      ...['127.127.127.127', '127.255.255.254', '127.00000.00000.1', '①②⑦.⓪.⓪.①'],
      ...['localhost', 'LOCALHOST', 'localhost.', 'a.localhost', 'localhost.localdomain'],
      ...['ｌｏｃａｌｈｏｓｔ', 'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ', 'loc%61lhost', 'ip6-localhost'],
    ]),
  ),
  ...all(
    'a network of ours',
    at([
      ...['172.16.0.1', '172.31.255.254', '192.168.1.1', '192.168.0.1', '100.64.0.1', '198.18.0.1'],
      ...['[fc00::1]', '[fd00:ec2::254]', '[fd12:3456:789a::1]', '[fe80::1]', '[fe80::1%25eth0]'],
      ...['[fec0::1]', '[ff02::1]', '224.0.0.1', '255.255.255.255', '240.0.0.1', '192.0.0.192'],
      ...[
        '168.63.129.16',
        '100.100.100.200',
        '169.254.170.2',
        '192.88.99.1',
        '[100::1]',
        '[5f00::1]',
      ],
    ]),
  ),
  ...all(
    'a name of a network',
    at([
      ...['metadata.google.internal', 'metadata', 'kubernetes.default.svc', 'redis', 'db.internal'],
      ...['host.docker.internal', 'printer.local', 'nas.home', 'router.lan', 'intranet', 'x.corp'],
      ...['1.0.0.127.in-addr.arpa', 'instance-data.ec2.internal', 'vault.service.consul'],
    ]),
  ),
  ...all(
    'a public name that resolves to this machine',
    at([
      ...[
        '127.0.0.1.nip.io',
        '127-0-0-1.sslip.io',
        'localtest.me',
        'lvh.me',
        'spoofed.burpcollab.net',
      ],
      ...['169.254.169.254.nip.io', '7f000001.c0a80001.rbndr.us', 'customer1.app.localhost.my.co'],
      ...['xn--bazar-hva.in', 'a.b.c.d.e.f.in', `${'a'.repeat(63)}.in`],
    ]),
  ),
  ...all('a user that looks like the host', [
    `https://${declared}@127.0.0.1:PORT/`,
    `https://${declared}:443@127.0.0.1:PORT/`,
    `https://${declared}%2f@127.0.0.1:PORT/`,
    `https://${declared}%23@127.0.0.1:PORT/`,
    `https://${declared}%00@127.0.0.1:PORT/`,
    `https://${declared}%20@127.0.0.1:PORT/`,
    `https://a@${declared}@127.0.0.1:PORT/`,
    `https://a:b@${declared}:c@127.0.0.1:PORT/`,
    `https://@127.0.0.1:PORT/`,
    `https://:@127.0.0.1:PORT/`,
    `https://127.0.0.1:PORT@${declared}/`,
    `https://someone@${declared}/`,
    `https://:secret@${declared}/`,
    `https://％40${declared}@[::1]:PORT/`,
  ]),
  ...all('slashes, fragments and questions that parsers read differently', [
    `https://127.0.0.1:PORT\\@${declared}/`,
    `https://127.0.0.1:PORT\\.${declared}/`,
    `https:\\\\127.0.0.1:PORT\\`,
    `https:/\\127.0.0.1:PORT/`,
    `https:127.0.0.1:PORT/`,
    `https:/127.0.0.1:PORT/`,
    `https:///127.0.0.1:PORT/`,
    `https:////127.0.0.1:PORT/${declared}`,
    `https://127.0.0.1:PORT#@${declared}/`,
    `https://127.0.0.1:PORT#${declared}`,
    `https://127.0.0.1:PORT?@${declared}/`,
    `https://127.0.0.1:PORT?${declared}`,
    `https://127.0.0.1:PORT;${declared}/`,
    `https://127.0.0.1:PORT,${declared}/`,
    `https://127.0.0.1:PORT&@${declared}#@[::1]:PORT/`,
    `https://127.0.0.1:PORT/https://${declared}/`,
    `//127.0.0.1:PORT/`,
    `///127.0.0.1:PORT/`,
    `\\\\127.0.0.1:PORT\\`,
    `/\\127.0.0.1:PORT/`,
    `${declared}`,
    `/v3/orders`,
    ``,
  ]),
  ...all('line ends, tabs and zeros', [
    `https://127.0.0.1:PORT/\r\nHost: ${declared}`,
    `https://127.0.0.1:PORT/%0d%0aHost:%20${declared}`,
    `https://127.0.0.1\r\n:PORT/`,
    `https://127.0.\t0.1:PORT/`,
    `https://127.0.\n0.1:PORT/`,
    `ht\ntps://127.0.0.1:PORT/`,
    `\u0000https://127.0.0.1:PORT/`,
    `\u001fhttps://127.0.0.1:PORT/`,
    ` https://127.0.0.1:PORT/ `,
    `https://127.0.0.1 :PORT/`,
    `https://127.0.0.1\u0000.${declared}/`,
    `https://127.0.0.1\u00a0:PORT/`,
    `https://127.0.0.1\u200b:PORT/`,
    `https://127.0.0.1\u00ad:PORT/`,
    `https://1\u00ad27.0.0.1:PORT/`,
    `https://${declared}\r\n.evil.in:PORT/`,
    `https://${declared}%0d%0a.evil.in:PORT/`,
    `https://${declared}%2e%2e.evil.in:PORT/`,
    `https://\ufeff127.0.0.1:PORT/`,
  ]),
  ...all('a name that is almost the declared one', [
    `https://${declared}.evil.in:PORT/`,
    `https://x${declared}:PORT/`,
    `https://x.${declared}:PORT/`,
    `https://${declared}x:PORT/`,
    `https://${declared}-evil.in:PORT/`,
    `https://${declared}.:PORT/`,
    `https://${declared}..:PORT/`,
    `https://.${declared}:PORT/`,
    `https://api-bazaar.in:PORT/`,
    `https://apibazaar.in:PORT/`,
    `https://bazaar.in:PORT/`,
    `https://in:PORT/`,
    // letters of other alphabets
    `https://аpi.bazaar.in:PORT/`,
    `https://api.bаzaar.in:PORT/`,
    `https://api.bazaаr.in:PORT/`,
    `https://api.ƅazaar.in:PORT/`,
    `https://арі.bazaar.in:PORT/`,
    `https://api.bazaar.іn:PORT/`,
    `https://api.bazàar.in:PORT/`,
    `https://api․bazaar․in:PORT/`,
    `https://api.bazaar.in⁄:PORT/`,
    `https://api.bazaar.in∕127.0.0.1:PORT/`,
    `https://xn--pi-7lc.bazaar.in:PORT/`,
    `https://api.bazaar.in%E3%80%82evil.in:PORT/`,
    `https://api.bazaar.in℀.evil.in:PORT/`,
    `https://faß.bazaar.in:PORT/`,
  ]),
  ...all('another port of the declared host', [
    `https://${declared}:PORT/`,
    `https://${declared}:80/`,
    `https://${declared}:22/`,
    `https://${declared}:0/`,
    `https://${declared}:65535/`,
    `https://${declared}:65536/`,
    `https://${declared}:-1/`,
    `https://${declared}:4_43/`,
    `https://${declared}:0x1bb/`,
    `https://${declared}:４４３:PORT/`,
  ]),
  ...all('another scheme', [
    `http://${declared}/`,
    `http://127.0.0.1:PORT/`,
    `http://[::1]:PORT/`,
    `HTTP://127.0.0.1:PORT/`,
    `ftp://127.0.0.1:PORT/`,
    `ws://127.0.0.1:PORT/`,
    `wss://127.0.0.1:PORT/`,
    `gopher://127.0.0.1:PORT/_x`,
    `dict://127.0.0.1:PORT/x`,
    `tftp://127.0.0.1:PORT/x`,
    `ldap://127.0.0.1:PORT/`,
    `sftp://127.0.0.1:PORT/`,
    `jar:https://127.0.0.1:PORT!/`,
    `view-source:https://127.0.0.1:PORT/`,
    `blob:https://127.0.0.1:PORT/x`,
    `file:///etc/passwd`,
    `file://127.0.0.1/etc/passwd`,
    `data:application/json,{}`,
    `javascript:alert(1)`,
    `about:blank`,
    `unix:/var/run/docker.sock`,
    `http+unix://%2Fvar%2Frun%2Fdocker.sock/info`,
    `git://127.0.0.1:PORT/`,
    `netdoc:///etc/passwd`,
  ]),
]
