/** What the marketplace sends by itself: a good signature is taken, any other is not, nothing is thrown. */
import type { Account, Push, PushNote, Webhook } from '../../../plugin.ts'
import { targetsOf } from '../../../rules/targets.ts'
import type { MarketplaceCheck } from '../check.ts'
import { fail, leaveOut } from '../judge.ts'
import { inWorld, type World } from '../world.ts'
import { type MarketBench, ofAdapter } from './targets.ts'

const noWebhooks = ({ plugin }: MarketBench): string | undefined =>
  plugin.webhooks?.length ? undefined : 'the plugin takes no webhooks'

interface Sent {
  readonly webhook: Webhook
  readonly push: Push
}
interface Told {
  readonly account?: unknown
  readonly method?: unknown
  readonly path?: unknown
  readonly headers?: unknown
  readonly body?: unknown
}

/** No more than a check needs. */
const mostPushes = 20
const hour = 3_600

/** Pushes of the account that the sandbox's verb `pushes` gives when something has changed. */
const pushesIn = async (world: World): Promise<readonly Sent[]> => {
  const { plugin, account, control, verbs, sample } = world
  if (!verbs.has('pushes')) leaveOut('the sandbox has no verb "pushes"')
  for (const { verb, body } of sample.later ?? []) await control(verb, body)
  await world.pass(hour)
  const { pushes = [] } = await control('pushes') as { readonly pushes?: readonly Told[] }
  const sent = pushes.filter((one) => one.account === account.externalAccountId)
    .flatMap((one): readonly Sent[] => {
      const path = String(one.path ?? '')
      const webhook = plugin.webhooks?.find((known) => known.path === path)
      if (!webhook) return fail(`the sandbox pushes to "${path}", where no webhook is`)
      const headers = Object.entries(one.headers ?? {})
        .map(([name, value]) => [name.toLowerCase(), String(value)] as const)
      const push = {
        method: String(one.method ?? 'POST'),
        path: `/webhooks/${plugin.id}/${account.id}${path}`,
        headers: Object.fromEntries(headers),
        body: String(one.body ?? ''),
      }
      return [{ webhook, push }]
    })
  if (sent.length === 0) leaveOut('the sandbox has no push for the account after an hour')
  return sent.slice(0, mostPushes)
}

const now = (world: World, later = 0): Date =>
  new Date(world.context().now().getTime() + later * 1000)

/** Under our address, or under the path alone: what a sandbox signs it has to know. */
const isTaken = async (
  { webhook, push }: Sent,
  account: Account<unknown, unknown>,
  at: Date,
): Promise<boolean> =>
  await webhook.verify(push, account, at) === true ||
  await webhook.verify({ ...push, path: webhook.path }, account, at) === true

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const judgeNote = (world: World, note: PushNote | null): void => {
  if (note === null) return
  const { id, externalAccountId, target } = note
  if (typeof id !== 'string' || id === '' || id.length > 200) fail('a note has no id of the event')
  const own = world.account.externalAccountId
  if (externalAccountId !== '' && externalAccountId !== own) fail('a note is of another account')
  if (!targetsOf(world.plugin).includes(target)) fail(`a note asks for ${target}, which it has not`)
}

/** With every text of the credentials another one. */
const stranger = ({ account }: World): Account<unknown, unknown> => ({
  ...account,
  credentials: Object.fromEntries(
    Object.entries(account.credentials as object)
      .map(([name, value]) => [name, typeof value === 'string' ? `${value}x` : value]),
  ),
})

const nonsense: readonly unknown[] = [undefined, null, 7, 'x', [], {}, [{}], { id: {} }]

export const pushChecks: readonly MarketplaceCheck[] = [
  ofAdapter({
    id: 'webhooks-signed-are-read',
    title: 'A push that the marketplace has signed is taken, and one of them is a reason to look',
    remedy: 'Check the signature as the marketplace makes it, and read the event for its target',
    leftOut: noWebhooks,
    run: (bench) =>
      inWorld(bench, async (world) => {
        const notes = []
        for (const sent of await pushesIn(world)) {
          if (!await isTaken(sent, world.account, now(world))) fail('a signed push is refused')
          const note = await sent.webhook.read(jsonOf(sent.push.body))
          judgeNote(world, note)
          notes.push(note)
        }
        if (notes.every((note) => note === null)) fail('no push is a reason to look for anything')
      }),
  }),
  ofAdapter({
    id: 'webhooks-unsigned-are-refused',
    title: 'A push without its headers, by another secret or of another year is refused',
    remedy: 'Compare signature and time with what the secret of the account makes; else say false',
    leftOut: noWebhooks,
    run: (bench) =>
      inWorld(bench, async (world) => {
        const year = 400 * 24 * hour
        for (const sent of await pushesIn(world)) {
          const bare = { ...sent, push: { ...sent.push, headers: {} } }
          if (await isTaken(bare, world.account, now(world))) fail('one without headers is taken')
          if (await isTaken(sent, stranger(world), now(world))) fail('another secret is taken')
          if (await isTaken(sent, world.account, now(world, year))) fail('an old one is taken')
        }
      }),
  }),
  ofAdapter({
    id: 'pushes-of-nonsense-are-nothing',
    title: 'What is no event of the marketplace is nothing to look for, and throws nothing',
    remedy: 'Parse the body by a schema, and give null for what does not fit',
    leftOut: ({ plugin }) =>
      plugin.webhooks?.length || plugin.notifications ? undefined : 'the plugin takes no pushes',
    run: (bench) =>
      inWorld(bench, async (world) => {
        const { webhooks = [], notifications } = world.plugin
        const reads = [...webhooks, ...notifications ? [notifications] : []]
        for (const value of nonsense) {
          for (const one of reads) {
            const note = await Promise.try(() => one.read(value)).catch(() =>
              fail(`${JSON.stringify(value)}: it throws`)
            )
            if (note !== null) fail(`${JSON.stringify(value)}: it is read as an event`)
          }
        }
        const url = await notifications?.queue(world.context().config)
        if (url !== undefined && url !== null && typeof url !== 'string') {
          fail('the queue is neither a URL nor null')
        }
      }),
  }),
]
