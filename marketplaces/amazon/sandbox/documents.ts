/** Documents behind presigned URLs: what feeds bring, and what feeds and reports have to tell. */
import { Buffer } from 'node:buffer'
import { gzipSync } from 'node:zlib'
import { hashOf, type SandboxAnswer, type SandboxRequest, type SandboxRoute } from 'robnu/testing'
import { z } from 'zod'
import { createSigner } from './signed.ts'
import type { Act, World } from './world.ts'

/** Where Amazon keeps the documents of Europe, to which India belongs. */
export const documentHost = 'tortuga-prod-eu.s3-eu-west-1.amazonaws.com'

interface Content {
  readonly bytes: Uint8Array
  readonly type: string
  readonly gzip: boolean
}
export interface NewDocument {
  readonly text?: string
  /** Instead of `text`: a PDF. */
  readonly bytes?: Uint8Array
  readonly type: string
  /** Stored compressed, and told as such. */
  readonly gzip?: boolean
}
export interface Documents {
  /** Keeps a document; the same partner and name give the same id, and the newer one stays. */
  readonly keep: (partner: string, name: string, document: NewDocument) => string
  /** An id for what will be uploaded, and the URL to PUT it to within five minutes. */
  readonly open: (partner: string, name: string, type: string) => { id: string; url: string }
  /** A URL of five minutes; `encoded`: the server names the compression, so that clients undo it. */
  readonly told: (
    partner: string,
    id: string,
    encoded?: boolean,
  ) => { readonly url: string; readonly compressionAlgorithm?: 'GZIP' } | undefined
  /** What stands in a document; undefined while nothing was uploaded. */
  readonly textOf: (partner: string, id: string) => string | undefined
  /** What is told again after a restart. */
  readonly acts: Readonly<Record<string, Act>>
  readonly routes: (world: Pick<World, 'run'>) => SandboxRoute[]
}

/** `urlSeconds`: of the sandbox's clock; Amazon's live five minutes. */
export const createDocuments = (seed: number, now: () => number, urlSeconds = 300): Documents => {
  const signer = createSigner(seed, 'documents')
  const contents = new Map<string, Content>()
  const types = new Map<string, string>()
  const keyOf = (partner: string, id: string) => `${partner}\n${id}`

  const idOf = (partner: string, name: string): string => {
    const hex = (part: string) =>
      hashOf(seed, `document/${partner}/${name}/${part}`).toString(16).padStart(14, '0')
    const [one, two, three] = [hex('1'), hex('2'), hex('3')]
    const uuid = `${one.slice(0, 8)}-${one.slice(8, 12)}-4${two.slice(0, 3)}-a${two.slice(3, 6)}-` +
      `${three.slice(0, 12)}`
    return `amzn1.tortuga.4.eu.${uuid}.T${two.slice(0, 12).toUpperCase()}`
  }
  const urlOf = (partner: string, id: string, method: 'GET' | 'PUT', encoded = false): string => {
    const expires = now() + urlSeconds * 1000
    const signature = signer.sign({ partner, id, method, expires, encoded })
    const date = new Date(now()).toISOString().replace(/[-:]|\.\d+/g, '')
    const query = new URLSearchParams({
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Date': date,
      'X-Amz-SignedHeaders': method === 'PUT' ? 'content-type;host' : 'host',
      'X-Amz-Expires': String(urlSeconds),
      'X-Amz-Signature': signature,
    })
    return `https://${documentHost}/${id}?${query}`
  }

  const permitted = (request: SandboxRequest, method: 'GET' | 'PUT'): Permit | SandboxAnswer => {
    const permit = signer.open(request.url.searchParams.get('X-Amz-Signature') ?? '')
    if (!isPermit(permit) || permit.method !== method || permit.id !== request.params.id) {
      return refused('SignatureDoesNotMatch', 'The request signature we calculated does not match.')
    }
    return permit.expires > now() ? permit : refused('AccessDenied', 'Request has expired')
  }

  const put = (world: Pick<World, 'run'>) => (request: SandboxRequest): SandboxAnswer => {
    const permit = permitted(request, 'PUT')
    if ('status' in permit) return permit
    // the type is part of what was signed
    if (request.header('content-type') !== types.get(keyOf(permit.partner, permit.id))) {
      return refused('SignatureDoesNotMatch', 'The request signature we calculated does not match.')
    }
    world.run('uploadDocument', permit.partner, { id: permit.id, text: request.body })
    return { status: 200, bytes: new Uint8Array() }
  }
  const get = (request: SandboxRequest): SandboxAnswer => {
    const permit = permitted(request, 'GET')
    if ('status' in permit) return permit
    const content = contents.get(keyOf(permit.partner, permit.id))
    if (!content) return xml(404, 'NoSuchKey', 'The specified key does not exist.')
    return {
      status: 200,
      headers: {
        'content-type': content.type,
        ...(content.gzip && permit.encoded ? { 'content-encoding': 'gzip' } : {}),
      },
      bytes: content.bytes,
    }
  }

  return {
    keep: (partner, name, { text, bytes, type, gzip = false }) => {
      const id = idOf(partner, name)
      const plain = bytes ?? Buffer.from(text ?? '')
      contents.set(keyOf(partner, id), { bytes: gzip ? gzipSync(plain) : plain, type, gzip })
      return id
    },
    open: (partner, name, type) => {
      const id = idOf(partner, name)
      types.set(keyOf(partner, id), type)
      return { id, url: urlOf(partner, id, 'PUT') }
    },
    told: (partner, id, encoded) => {
      const content = contents.get(keyOf(partner, id))
      if (!content) return undefined
      const url = urlOf(partner, id, 'GET', encoded)
      return content.gzip ? { url, compressionAlgorithm: 'GZIP' } : { url }
    },
    textOf: (partner, id) => {
      const content = contents.get(keyOf(partner, id))
      return content && !content.gzip ? Buffer.from(content.bytes).toString() : undefined
    },
    acts: {
      uploadDocument: (_world, partner, body) => {
        const { id, text } = Upload.parse(body)
        const type = types.get(keyOf(partner.id, id)) ?? 'text/plain'
        contents.set(keyOf(partner.id, id), { bytes: Buffer.from(text), type, gzip: false })
        return {}
      },
    },
    routes: (world) => [
      {
        method: 'PUT',
        path: '/{id}',
        host: documentHost,
        operation: 'uploadDocument',
        handle: put(world),
      },
      {
        method: 'GET',
        path: '/{id}',
        host: documentHost,
        operation: 'downloadDocument',
        handle: get,
      },
    ],
  }
}

const Upload = z.object({ id: z.string(), text: z.string() })

interface Permit {
  readonly partner: string
  readonly id: string
  readonly method: 'GET' | 'PUT'
  readonly expires: number
  readonly encoded: boolean
}
/** Whatever opens was signed here. */
const isPermit = (value: unknown): value is Permit =>
  typeof value === 'object' && value !== null && 'method' in value

const refused = (code: string, message: string): SandboxAnswer => xml(403, code, message)

const xml = (status: number, code: string, message: string): SandboxAnswer => ({
  status,
  headers: { 'content-type': 'application/xml' },
  bytes: Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n` +
      `<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  ),
})
