/** KMS services that the conformance test runs against: our emulator, one from outside, one in a container. */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { startCloud } from '../../scripts/local/cloud.ts'

export interface KmsPlace {
  readonly options: {
    readonly region: string
    readonly endpoint?: string
    readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  }
  readonly stop: () => Promise<void>
}

/** An emulator by other hands than ours. */
const kmsImage = 'nsmithuk/local-kms:3.11.7'
const portInside = 8080
const region = 'ap-south-1'
const anyone = { accessKeyId: 'test', secretAccessKey: 'test' }

export const openLocalKms = async (): Promise<KmsPlace> => {
  const { url, stop } = await startCloud()
  return { options: { region, endpoint: url, credentials: anyone }, stop }
}

/** With the credentials that the AWS SDK finds; `aws` is AWS itself, in AWS_REGION. */
export const openNamedKms = (named: string, inRegion = region): Promise<KmsPlace> =>
  Promise.resolve({
    options: { region: inRegion, ...named === 'aws' ? {} : { endpoint: named } },
    stop: () => Promise.resolve(),
  })

/** Whether something that runs containers could be asked: its socket is there, or named. */
export const hasContainerEngine = (env: Readonly<Record<string, string | undefined>>): boolean =>
  env['DOCKER_HOST'] !== undefined ||
  [
    '/var/run/docker.sock',
    join(homedir(), '.docker', 'run', 'docker.sock'),
    join(env['XDG_RUNTIME_DIR'] ?? '/nowhere', 'docker.sock'),
    join(env['XDG_RUNTIME_DIR'] ?? '/nowhere', 'podman', 'podman.sock'),
  ].some((path) => existsSync(path))

export const openKmsInContainer = async (): Promise<KmsPlace> => {
  // loaded here: it takes a second, and few machines need it
  const { GenericContainer, Wait } = await import('testcontainers')
  const container = await new GenericContainer(kmsImage)
    .withEnvironment({ PORT: String(portInside), KMS_REGION: region })
    .withExposedPorts(portInside)
    .withWaitStrategy(Wait.forListeningPorts())
    .start()
  const endpoint = `http://${container.getHost()}:${container.getMappedPort(portInside)}`
  return {
    options: { region, endpoint, credentials: anyone },
    stop: async () => void await container.stop(),
  }
}
