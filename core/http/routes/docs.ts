/** The documentation: the OpenAPI document, its page, and what problem codes mean. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { z } from '@hono/zod-openapi'
import { type ErrorCode, errorTable, fault } from '../../errors.ts'
import { pageHeaders } from '../headers.ts'
import { type Route, route } from '../route.ts'

const title = 'Robnu API'
const script = 'text/javascript; charset=utf-8'

// no inline script, and no address but our own: the page works offline and under its CSP
const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <link rel="icon" type="image/png" sizes="32x32" href="/docs/assets/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/assets/swagger-ui.css">
  </head>
  <body>
    <div id="docs"></div>
    <script src="/docs/assets/swagger-ui-bundle.js" defer></script>
    <script src="/docs/assets/start.js" defer></script>
  </body>
</html>
`
// validatorUrl: the page would send the document's address to a service elsewhere
const start = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
})
`

/** The only files that are served, and as what. */
const files: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': script,
  'favicon-32x32.png': 'image/png',
}

/** `document` is asked for when the first request comes. */
export const docsRoutes = (
  { document, hasPage }: { readonly document: () => string; readonly hasPage: boolean },
): readonly Route[] => [
  route({
    method: 'get',
    path: '/openapi.json',
    permission: 'public',
    unlimited: true,
    tag: 'Documentation',
    summary: 'This document',
    produces: 'application/json',
    handle: () => answer(document(), 'application/json; charset=utf-8'),
  }),
  route({
    method: 'get',
    path: '/problems/{code}',
    permission: 'public',
    unlimited: true,
    tag: 'Documentation',
    summary: 'What a problem code means; the `type` of every problem answer points here',
    params: z.object({ code: z.enum(Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]) }),
    answer: z.object({
      code: z.string(),
      status: z.int(),
      title: z.string(),
      next: z.string().openapi({ description: 'What to do' }),
    }),
    examples: { answer: { code: 'not-found', ...errorTable['not-found'] } },
    handle: ({ params: { code } }) => ({ code, ...errorTable[code] }),
  }),
  ...(hasPage ? pageRoutes() : []),
]

const pageRoutes = (): readonly Route[] => [
  route({
    method: 'get',
    path: '/',
    permission: 'public',
    unlimited: true,
    tag: 'Documentation',
    summary: 'Leads to /docs',
    status: 302,
    produces: 'text/plain',
    handle: () =>
      new Response(null, { status: 302, headers: { ...pageHeaders, location: '/docs' } }),
  }),
  route({
    method: 'get',
    path: '/docs',
    permission: 'public',
    unlimited: true,
    tag: 'Documentation',
    summary: 'This document as a page, on which requests can be tried',
    produces: 'text/html',
    handle: () => answer(page, 'text/html; charset=utf-8'),
  }),
  route({
    method: 'get',
    path: '/docs/assets/{file}',
    permission: 'public',
    unlimited: true,
    tag: 'Documentation',
    summary: 'A file of the page',
    params: z.object({ file: z.enum(['start.js', ...Object.keys(files)]) }),
    produces: '*/*',
    handle: async ({ params: { file } }) => {
      if (file === 'start.js') return answer(start, script)
      const type = files[file]
      if (type === undefined) throw fault('not-found')
      return answer(await readAsset(file), type)
    },
  }),
]

const require = createRequire(import.meta.url)
const assets = pathToFileURL(require.resolve('swagger-ui-dist/package.json'))
const kept = new Map<string, Uint8Array<ArrayBuffer>>()

/** Read once: the largest file has 1.7 MB. */
const readAsset = async (file: string): Promise<Uint8Array<ArrayBuffer>> => {
  const found = kept.get(file)
  if (found !== undefined) return found
  const bytes = new Uint8Array(await readFile(new URL(file, assets)))
  kept.set(file, bytes)
  return bytes
}

const answer = (body: string | Uint8Array<ArrayBuffer>, contentType: string): Response =>
  new Response(body, { headers: { ...pageHeaders, 'content-type': contentType } })
