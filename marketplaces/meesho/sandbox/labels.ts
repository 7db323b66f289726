/** Labels are made by jobs: asked for, waited for, fetched from an address that does not live long. */
import { digitsOf, randomFor, type SandboxAnswer } from 'robnu/testing'
import { addressOf } from './files.ts'
import { countDone, type Job, nextNumber, type Order, padded, type Supplier } from './model.ts'
import { notFound, ok } from './wire.ts'
import { dayMs, timeText } from './words.ts'
import { changeOrder, type World } from './world.ts'

const couriers = ['Delhivery', 'Shadowfax', 'Valmo', 'Xpressbees']
/** How the AWBs of each begin. */
const awbMarks: Readonly<Record<string, string>> = {
  Delhivery: '14',
  Shadowfax: 'SF',
  Valmo: 'VL',
  Xpressbees: '13',
}
const jobLifeMs = 2 * dayMs

/** The same set again while its job runs, or what it made can be fetched: the same job. */
export const askForLabels = (
  world: World,
  supplier: Supplier,
  asked: readonly string[],
): SandboxAnswer => {
  const set = [...new Set(asked)].toSorted().join(' ')
  const known = [...supplier.jobs.values()].find((job) => job.set === set && isLive(world, job))
  if (known) return accepted(known)
  const number = nextNumber(supplier, 'job')
  const job: Job = {
    id: `JOB${supplier.mark}${padded(number)}`,
    ...{ set, asked: [...new Set(asked)] },
    ...{ status: 'RUNNING', labelled: [], failed: [], doneAt: undefined },
  }
  supplier.jobs.set(job.id, job)
  const random = randomFor(world.seed, `job/${job.id}`)
  // the couriers do not answer now and then
  const fails = random.chance(0.03)
  world.plan(world.at() + random.int(20, 90) * 1000, () => runJob(world, supplier, job, fails))
  countDone(supplier, 'labels')
  return accepted(job)
}

const isLive = ({ at, fileLifeMs }: World, { status, doneAt }: Job): boolean =>
  status === 'RUNNING' || (status === 'DONE' && at() < (doneAt ?? 0) + fileLifeMs)
const accepted = (job: Job): SandboxAnswer => ({ status: 202, body: { job_id: job.id } })

const runJob = (world: World, supplier: Supplier, job: Job, fails: boolean): void => {
  job.doneAt = world.at()
  world.plan(job.doneAt + jobLifeMs, () => void supplier.jobs.delete(job.id))
  if (fails) {
    job.status = 'FAILED'
    return
  }
  const labelled: Order[] = []
  const failed: { sub_order_no: string; code: string }[] = []
  for (const no of job.asked) {
    const order = supplier.orders.get(no)
    const code = order ? codeOf(order) : 'NOT_FOUND'
    if (code) failed.push({ sub_order_no: no, code })
    else if (order) labelled.push(order)
  }
  job.status = labelled.length > 0 ? 'DONE' : 'FAILED'
  Object.assign(job, { labelled, failed })
  for (const order of labelled) makeLabel(world, supplier, order)
}

const codeOf = ({ status, packet, verified, onHold }: Order): string | undefined => {
  if (status === 'CANCELLED') return 'CANCELLED'
  if (packet || status !== 'PENDING') return undefined
  return verified ? onHold ? 'ON_HOLD' : 'NOT_ACCEPTED' : 'UNVERIFIED'
}

/** One parcel for each sub-order, ever: a label is printed again as it was. */
export const makeLabel = (world: World, supplier: Supplier, order: Order): void => {
  if (order.packet) return
  const random = randomFor(world.seed, `packet/${order.no}`)
  const courier = random.pick(couriers)
  const id = `PK${supplier.mark}${padded(nextNumber(supplier, 'packet'))}`
  const awb = awbOf(world, courier, order.no, 1)
  changeOrder(world, supplier, order, () => {
    order.packet = { id, courier, awb, at: world.at() }
  })
  supplier.packed.set(id, order)
  countDone(supplier, 'packets')
}

/** `way` 1 goes to the buyer, 7 comes back. */
export const awbOf = (world: World, courier: string, unique: string, way: 1 | 7): string =>
  `${awbMarks[courier] ?? '14'}${way}${digitsOf(world.seed, `awb/${way}/${unique}`, 11)}`

export const jobOf = (world: World, supplier: Supplier, id: string): SandboxAnswer => {
  const job = supplier.jobs.get(id)
  if (!job) return notFound()
  const { status, labelled, failed, doneAt = 0 } = job
  if (status !== 'DONE') {
    return ok({ job_id: id, status, url: null, expires_at: null, labels: [], failed })
  }
  const endsAt = doneAt + world.fileLifeMs
  return ok({
    ...{ job_id: id, status },
    url: addressOf(world, supplier, `job/${id}`, endsAt),
    expires_at: timeText(endsAt),
    labels: labelled.map((order) => ({
      sub_order_no: order.no,
      packet_id: order.packet?.id,
      awb: order.packet?.awb,
      courier: order.packet?.courier,
      url: addressOf(world, supplier, `label/${order.no}`, endsAt),
    })),
    failed,
  })
}
