/** Objects in S3, through the real client and the local cloud. */
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createObjects, type Objects } from '../../core/storage/objects.ts'
import { type Cloud, startCloud } from '../../scripts/local/cloud.ts'

let cloud: Cloud
let client: S3Client
let objects: Objects
beforeAll(async () => {
  // the AWS clients look into the environment by themselves
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local')
  cloud = await startCloud()
  const reached = { region: 'ap-south-1', endpoint: cloud.url }
  client = new S3Client({ ...reached, forcePathStyle: true })
  await client.send(new CreateBucketCommand({ Bucket: 'seller-trail' }))
  objects = createObjects(reached)
})
afterAll(async () => {
  objects?.close()
  client?.destroy()
  await cloud?.stop()
  vi.unstubAllEnvs()
})

const key = 'robnu-audit/01998f6c-0a1b-7c2d-9e3f-7d8e9f0a1b2c/42.json'
const digest = { key, body: '{"नाम":1}', contentType: 'application/json' }

describe('an object', () => {
  it('is put as it is, and written over by the next', async () => {
    for (const body of [digest.body, '{}']) {
      await objects.put({ ...digest, bucket: 'seller-trail', body })
      const found = await client.send(new GetObjectCommand({ Bucket: 'seller-trail', Key: key }))
      expect(await found.Body?.transformToString()).toBe(body)
      expect(found.ContentType).toBe('application/json')
    }
  })

  it('goes to the region and to the owner that were named, or to our own region', async () => {
    const seen: (string | undefined)[][] = []
    const server = createServer((request, response) => {
      const { authorization, 'x-amz-expected-bucket-owner': owner } = request.headers
      const region = /Credential=\w+\/\d+\/([\w-]+)\/s3\//.exec(authorization ?? '')?.[1]
      seen.push([request.method, request.url?.split('?')[0], region, String(owner)])
      request.resume().on('end', () => response.end())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const here = createObjects({ region: 'ap-south-1', endpoint: `http://127.0.0.1:${port}` })
    onTestFinished(() => {
      here.close()
      server.closeAllConnections()
      server.close()
    })
    const more = { region: 'eu-west-1', owner: '123456789012' }
    await here.put({ ...digest, ...more, bucket: 'seller-trail' })
    await here.put({ ...digest, bucket: 'seller-trail' })
    expect(seen).toEqual([
      ['PUT', `/seller-trail/${key}`, 'eu-west-1', '123456789012'],
      ['PUT', `/seller-trail/${key}`, 'ap-south-1', 'undefined'],
    ])
  })

  it('is refused in the one word that AWS has for it', async () => {
    await expect(objects.put({ ...digest, bucket: 'nobody-made-this' }))
      .rejects.toThrow(/^NoSuchBucket$/)
  })

  it('ends when it is called off', async () => {
    const signal = AbortSignal.abort()
    await expect(objects.put({ ...digest, bucket: 'seller-trail', signal })).rejects.toThrow()
  })
})
