/**
 * The one place that touches fauxqs, and where its faults are mended.
 * Its stores are not among its exports: the paths below hold for the pinned version only.
 */
import { chmodSync, closeSync, existsSync, openSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { buildApp } from 'fauxqs'
import type * as persistence from '../../node_modules/fauxqs/dist/persistence.js'
import type * as s3 from '../../node_modules/fauxqs/dist/s3/s3Store.js'
import type * as sns from '../../node_modules/fauxqs/dist/sns/snsStore.js'
import type * as sqs from '../../node_modules/fauxqs/dist/sqs/sqsStore.js'
import { ensureFolder } from './files.ts'
import { sortedListing } from './s3-listing.ts'

// inside of us, or beside us where Robnu is a package itself
const folder = ['../../node_modules/fauxqs/dist/', '../../../fauxqs/dist/']
  .map((path) => new URL(path, import.meta.url)).find((url) => existsSync(url))
const inner = <T>(path: string): Promise<T> => import(new URL(path, folder).href)
const { PersistenceManager } = await inner<typeof persistence>('persistence.js')
const { S3Store } = await inner<typeof s3>('s3/s3Store.js')
const { SnsStore } = await inner<typeof sns>('sns/snsStore.js')
const { SqsStore } = await inner<typeof sqs>('sqs/sqsStore.js')

export type S3Store = s3.S3Store
export type SqsStore = sqs.SqsStore
export type SqsQueue = NonNullable<ReturnType<SqsStore['getQueueByArn']>>
// Deno takes a class for another one when two paths lead to its types; they are the same ones at run time
type Stores = NonNullable<NonNullable<Parameters<typeof buildApp>[0]>['stores']>
export type FauxqsApp = ReturnType<typeof buildApp>

/** What the hooks use of a request and a reply of fauxqs' server. */
export interface CloudRequest {
  readonly method: string
  readonly url: string
  readonly params: unknown
  headers: IncomingHttpHeaders
  body: unknown
}
export interface CloudReply {
  readonly statusCode: number
  code: (status: number) => CloudReply
  type: (contentType: string) => CloudReply
  header: (name: string, value: unknown) => CloudReply
  getHeader: (name: string) => unknown
  removeHeader: (name: string) => void
  send: (body?: unknown) => CloudReply
}

export interface Fauxqs {
  readonly app: FauxqsApp
  readonly sqs: SqsStore
  readonly s3: S3Store
  /** A second call does nothing. */
  readonly close: () => Promise<void>
}

/** SQS and S3, which will listen at the URL. What the folder holds is loaded; without one all is in memory. */
export const openFauxqs = (url: string, region: string, dir?: string): Fauxqs => {
  const [sqsStore, snsStore, s3Store] = [new SqsStore(), new SnsStore(), new S3Store()]
  const store = dir === undefined ? undefined : openStore(dir, url)
  if (store) {
    store.load(sqsStore, snsStore, s3Store)
    sqsStore.persistence = store
    s3Store.persistence = store
    for (const queue of sqsStore.allQueues()) queue.persistence = store
  }
  s3Store.listObjects = sortedListing(s3Store.listObjects.bind(s3Store))
  const app = buildApp({
    logger: false,
    defaultRegion: region,
    stores: { sqsStore, snsStore, s3Store } as unknown as Stores,
  })
  // made for SNS, which is not served; an object of this type (curl's own default) must stay bytes
  app.removeContentTypeParser('application/x-www-form-urlencoded')
  // its default is "sqs.<region>.localhost", which many systems cannot resolve; empty: the host that was asked
  sqsStore.host = ''
  let closing: Promise<void> | undefined
  return {
    app,
    sqs: sqsStore,
    s3: s3Store,
    close: () => closing ??= app.close().then(() => store?.close()),
  }
}

const openStore = (dir: string, url: string): persistence.PersistenceManager => {
  ensureFolder(dir)
  const file = join(dir, 'fauxqs.db')
  closeSync(openSync(file, 'a', 0o600)) // made here first: SQLite's files beside it take over its mode
  chmodSync(file, 0o600)
  const store = new PersistenceManager(dir)
  // Its own version sets the receive count to NULL, which the table refuses: the message is then lost from memory
  // and its group stays locked. `db` is private in the types only
  const { db } = store as unknown as { db: DatabaseSync }
  // queues know their own address, which changes with the port
  db.prepare("update sqs_queues set url = ? || '/000000000000/' || name").run(url)
  const makeReady = db.prepare(
    'update sqs_messages set receipt_handle = null, visibility_deadline = null where message_id = ?',
  )
  store.updateMessageReady = (messageId) => {
    makeReady.run(messageId)
  }
  return store
}
