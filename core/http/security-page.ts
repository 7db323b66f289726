/** The page about security: static HTML without scripts and styles, readable by whatever reads. */
import { chapters, type Claim } from './security-claims.ts'

/** Files of the repository by the name that they are served under. */
export const proofFiles: ReadonlyMap<string, string> = new Map(
  chapters.flatMap(({ claims }) => claims).flatMap(({ proofs }) => proofs)
    .map((path) => [path.replaceAll('/', '~'), path]),
)

/** `contact`: an address of the web, of mail, or a telephone number. */
export const securityPage = (contact: string | undefined): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Security of this server</title>
</head>
<body>
<main>
<h1>Security of this server</h1>
<p>Each sentence is followed by the tests that would fail first if it were not true. They are served
from the sources that this server runs.</p>
${
    chapters.map(({ title, claims }) =>
      `<section>
<h2>${escaped(title)}</h2>
<ul>
${claims.map(itemOf).join('\n')}
</ul>
</section>`
    ).join('\n')
  }
<section>
<h2>Reporting a weakness</h2>
<p>${
    contact === undefined
      ? 'Whoever runs this server has named no contact.'
      : `Write to <a href="${escaped(contact)}">${escaped(contact)}</a>, before you tell others. The
same is said in <a href="/.well-known/security.txt">security.txt</a>.`
  }</p>
<p>What is not promised: that the machine, its administrators, the key service and the marketplaces
can be trusted. A plugin runs in the same process and is fenced against mistakes, not against malice.</p>
</section>
</main>
</body>
</html>
`

const itemOf = ({ says, proofs }: Claim): string =>
  `<li>${escaped(says)} <small>Proved by ${
    proofs.map((path) =>
      `<a href="/security/proofs/${encodeURIComponent(path.replaceAll('/', '~'))}">${
        escaped(path)
      }</a>`
    ).join(', ')
  }</small></li>`

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? '')

/** RFC 9116. It must name an end that is less than a year away. */
export const securityText = (contact: string, now: Date, origin: string | undefined): string => {
  const day = Math.floor(now.getTime() / dayMs) * dayMs
  return [
    `Contact: ${contact}`,
    `Expires: ${new Date(day + 180 * dayMs).toISOString()}`,
    'Preferred-Languages: en',
    ...(origin === undefined ? [] : [
      `Canonical: ${origin}/.well-known/security.txt`,
      `Policy: ${origin}/security`,
    ]),
    '',
  ].join('\r\n')
}
const dayMs = 86_400_000
