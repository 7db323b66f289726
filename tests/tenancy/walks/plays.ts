/** What each move does in the house, and what the model says must come of it. */
import { removeSuperAdmin } from '../../../core/auth/staff-people.ts'
import type { Entry } from '../../../core/db/database.ts'
import { command } from '../../../core/db/sql.ts'
import { newId } from '../../../core/ids.ts'
import { endOverdue } from '../../../core/tenancy/impersonation-ends.ts'
import type { Answer } from '../staff-world.ts'
import type { House, Outcome, Play } from './house.ts'
import * as model from './model.ts'
import type { SessionModel, StaffModel } from './model.ts'

const path = '/v1/staff/impersonations'
const told = ({ status, code }: Answer): string => code ?? String(status)
const judged = (refusal: string | undefined, answer: Answer, good = '200'): Outcome => ({
  expected: refusal ?? good,
  found: told(answer),
})

export const ask: Play = async (house, { staff, of }, { mode, minutes, flag }) => {
  const refusal = model.refusalToAsk(house, staff, of)
  const emergency = flag && minutes % 3 === 0
  const asked = { mode: emergency ? 'READ_ONLY' : mode, minutes, emergency }
  const answer = await staff.client.ask('POST', path, {
    ...{ seller_id: of.seller.sellerId, reason: 'A walk through the house', ticket: 'W-1' },
    ...asked,
  })
  if (refusal === undefined && answer.status === 201) {
    const consent = emergency ? 'EMERGENCY' : of.consent
    house.sessions.push({
      ...{ id: answer.body.id, of, personId: staff.client.person.id, startedFrom: null, consent },
      ...{ mode: asked.mode as SessionModel['mode'], minutes, endedBy: null },
      ...{ state: consent === 'NOTIFY' ? 'APPROVED' : 'REQUESTED', reads: 0, acts: 0, opens: 0 },
    })
  }
  return judged(refusal, answer, '201')
}

export const approve: Play = async (_house, { person, session, id }, { mode, minutes, flag }) => {
  const refusal = model.refusalToDecide(person, session, 'REQUESTED')
  const body = flag ? { mode, minutes } : {}
  const answer = await person.ask('POST', `/v1/impersonations/${id}/approve`, body)
  if (refusal === undefined && session) {
    session.state = 'APPROVED'
    if (flag && mode === 'READ_ONLY') session.mode = mode
    if (flag) session.minutes = Math.min(session.minutes, minutes)
  }
  return judged(refusal, answer)
}

export const deny: Play = async (_house, { person, session, id }) => {
  const refusal = model.refusalToDecide(person, session, 'REQUESTED')
  const answer = await person.ask('POST', `/v1/impersonations/${id}/deny`)
  if (refusal === undefined && session) session.state = 'DENIED'
  return judged(refusal, answer)
}

export const sendOut: Play = async (_house, { person, session, id }) => {
  const refusal = model.refusalToDecide(person, session, 'anything')
  const answer = await person.ask('POST', `/v1/impersonations/${id}/end`)
  if (refusal === undefined && session) model.end(session, `seller:${person.userId}`)
  return judged(refusal, answer)
}

export const second: Play = async (_house, { staff, session, id }) => {
  const refusal = model.refusalToSecond(staff, session)
  const answer = await staff.client.ask('POST', `${path}/${id}/approve`)
  if (refusal === undefined && session) session.state = 'APPROVED'
  return judged(refusal, answer)
}

export const start: Play = async (house, { staff, session, id }) => {
  const refusal = model.refusalToStart(house, staff, session)
  const answer = await staff.client.ask('POST', `${path}/${id}/start`)
  if (refusal === undefined && session) {
    session.state = 'LIVE'
    session.startedFrom = staff.client.sessionId
  }
  return judged(refusal, answer)
}

export const leave: Play = async (_house, { staff, session, id }) => {
  const isTheirs = session?.personId === staff.client.person.id
  const refusal = staff.isOut
    ? 'not-signed-in'
    : session === undefined
    ? 'not-found'
    : isTheirs
    ? undefined
    : 'impersonation-state'
  const answer = await staff.client.ask('POST', `${path}/${id}/end`)
  if (refusal === undefined && session) model.end(session, `staff:${staff.client.person.id}`)
  return judged(refusal, answer)
}

export const read: Play = async (_house, { staff, session, id }, { flag, minutes }) => {
  const refusal = model.refusalInside(staff, session)
  const withBuyers = flag && minutes % 2 === 0
  const route = withBuyers ? '/v1/orders?include=customer&limit=2' : flag ? '/v1/runs' : '/v1/me'
  const answer = await staff.client.inside(id)('GET', route)
  if (refusal !== undefined || !session) return judged(refusal, answer)
  session.reads++
  if (withBuyers && answer.body?.data?.length > 0) session.opens++
  const isTold = answer.headers.get('x-robnu-impersonation')
    ?.startsWith(`"${session.id}";mode="${session.mode}";`) === true
  const isRight = route !== '/v1/me' || answer.body?.seller?.id === session.of.seller.sellerId
  const customers: readonly ({ readonly phone: string | null } | null)[] = withBuyers
    ? (answer.body?.data ?? []).map((order: { customer: never }) => order.customer)
    : []
  const isMasked = customers.every((customer) => (customer?.phone ?? 'xxxxxx').includes('xxxxxx'))
  return {
    expected: '200 true true true',
    found: `${told(answer)} ${isTold} ${isRight} ${isMasked}`,
  }
}

export const write: Play = async (_house, { staff, session, id }) => {
  const refusal = model.refusalInside(staff, session) ??
    (session?.mode === 'READ_ONLY'
      ? 'read-only-session'
      : session?.of.isSuspended
      ? 'seller-suspended'
      : undefined)
  const answer = await staff.client.inside(id)('PUT', '/v1/desk/note')
  if (refusal === undefined && session) {
    session.acts++
    session.of.writes++
  }
  return judged(refusal, answer)
}

/** What no session of staff opens, whatever its mode. */
const ownersActs = [
  ['POST', '/v1/impersonations/:id/approve', {}],
  ['POST', '/v1/impersonations/:id/end', undefined],
  ['GET', '/v1/impersonations', undefined],
  ['POST', '/v1/marketplace-accounts', {}],
  ['GET', '/v1/audit/export', undefined],
] as const
export const overstep: Play = async (_house, { staff, session, id }, { minutes }) => {
  const [method, route, body] = ownersActs[minutes % ownersActs.length] ?? ownersActs[0]
  const answer = await staff.client.inside(id)(method, route.replace(':id', id), body)
  return judged(model.refusalInside(staff, session) ?? 'not-for-staff', answer)
}

/** Past the API: the entry that a process would make, and a write with it. */
export const pastTheApi: Play = async ({ world }, { of, session, id }, { flag }) => {
  const seller = flag || !session ? of : session.of
  const [row] = await world
    .sql`select authz_version from sellers where id = ${seller.seller.sellerId}`
  const entry: Entry = {
    ...{ kind: 'impersonation', sellerId: seller.seller.sellerId },
    ref: `${id}/${row?.['authz_version']}`,
  }
  const isLive = session?.state === 'LIVE' && session.of === seller
  const mayWrite = isLive && session.mode === 'READ_WRITE'
  const statement = mayWrite ? command`select 1` : command`
    insert into outbox (seller_id, id, queue, group_key, body)
    values (${seller.seller.sellerId}, ${newId()}, 'desk-notes', 'x', '{}')`
  const found = await world.world.fresh.db.withSellerScope(entry, (scope) => scope.run(statement))
    .then(() => 'done', (error) => String((error as { code?: unknown }).code))
  return {
    expected: mayWrite ? 'done' : isLive ? 'read-only-session' : 'impersonation-over',
    found,
  }
}

const quiet: Outcome = { expected: 'done', found: 'done' }

/** Time passes for one session: more than it has. */
export const expire: Play = async ({ world }, { session }) => {
  if (session === undefined || !model.isOpen(session)) return quiet
  await world.sql.begin(async (sql) => {
    await sql`set local session_replication_role = replica`
    await sql`
      update impersonation_sessions set requested_at = requested_at - interval '25 hours',
        started_at = started_at - interval '25 hours', expires_at = expires_at - interval '25 hours'
      where id = ${session.id}`
  })
  model.end(session, 'expired')
  return quiet
}

export const sweep: Play = async ({ world }) => {
  await endOverdue(world.world.fresh.db)
  return quiet
}

export const suspend: Play = async (_house, { staff, of }, { flag }) => {
  const route = `/v1/staff/sellers/${of.seller.sellerId}/${flag ? 'suspend' : 'resume'}`
  const answer = await staff.client.ask('POST', route, { reason: 'A walk through the house' })
  if (!staff.isOut) of.isSuspended = flag
  return judged(staff.isOut ? 'not-signed-in' : undefined, answer)
}

export const changeConsent: Play = async ({ world }, { of }, { flag }) => {
  of.consent = flag ? 'NOTIFY' : 'REQUIRED'
  await world.sql`
    update sellers set support_consent = ${of.consent} where id = ${of.seller.sellerId}`
  return quiet
}

const endsOf = (house: House, staff: StaffModel, isRemoval: boolean): void => {
  const { person, sessionId } = staff.client
  for (const session of house.sessions) {
    if (session.startedFrom === sessionId && session.state === 'LIVE') {
      model.end(session, 'staff-session')
    }
    if (isRemoval && session.personId === person.id) model.end(session, 'staff-removed')
  }
  staff.isOut = true
}
export const signOut: Play = async (house, { staff }) => {
  const answer = await staff.client.ask('POST', '/v1/staff/logout')
  const refusal = staff.isOut ? 'not-signed-in' : undefined
  if (!staff.isOut) endsOf(house, staff, false)
  return judged(refusal, answer, '204')
}
export const remove: Play = async (house, { staff }) => {
  const { world } = house
  const isDone = await removeSuperAdmin(world.world.fresh.db, staff.client.person.email)
  const outcome = { expected: String(!staff.isRemoved), found: String(isDone) }
  endsOf(house, staff, true)
  staff.isRemoved = true
  return outcome
}
/** Signs in again; who was removed is somebody new. */
export const comeBack: Play = async ({ world }, { staff }) => {
  const { person } = staff.client
  if (staff.isOut) {
    staff.client = await world.enter(staff.isRemoved ? await world.hire(person.email) : person)
  }
  staff.isOut = false
  staff.isRemoved = false
  return quiet
}

/** What people would do next: without it a walk hardly ever gets inside. */
export const onward: Play = (house, players, move) => {
  switch (players.session?.state) {
    case 'REQUESTED':
      return (players.session.consent === 'EMERGENCY' ? second : approve)(house, players, move)
    case 'APPROVED':
      return start(house, players, move)
    case 'LIVE':
      return (move.minutes % 2 === 0 ? read : write)(house, players, move)
    default:
      return ask(house, players, move)
  }
}
