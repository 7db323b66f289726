/** The guards of staff and of their sessions inside sellers. */
import { type Guard, guardsOf } from './guard.ts'

const sessions = ['tests/tenancy/impersonation.test.ts']
const ends = ['tests/tenancy/impersonation-ends.test.ts']
const states = ['tests/tenancy/impersonation-states.test.ts']
const database = ['tests/tenancy/impersonation-database.test.ts']
const trail = ['tests/tenancy/impersonation-trail.test.ts']
const signIn = ['tests/http/staff.test.ts']

export const staffGuards: readonly Guard[] = [
  ...guardsOf('core/tenancy/impersonation-staff.ts', [...sessions, ...ends], [
    [
      'staff: nobody asks to look into their own seller',
      'await refuseOwnSeller(tx, actor, sellerId)\n',
      '\n',
    ],
    [
      'staff: who has joined the seller since does not start',
      'asked\n      await refuseOwnSeller(tx, actor, before.seller.id)\n',
      'asked\n',
    ],
    ['staff: one request at a time', 'await refuseSecond(tx, actor, sellerId)\n', '\n'],
    ['staff: no yes, no start', " || before.state !== 'APPROVED') {", ') {'],
    [
      'staff: nobody starts what others asked for',
      "if (before.staff.id !== actor.superAdminId || before.state !== 'APPROVED')",
      "if (before.state !== 'APPROVED')",
    ],
    [
      'staff: a second one is for emergencies',
      "before.consent === 'EMERGENCY' && before.staff.id",
      'before.staff.id',
    ],
    [
      'staff: another session of theirs does not come in',
      'and i.staff_session_id = ${actor.staffSessionId}\n',
      '\n',
    ],
    ['staff: the owners are told', 'told?.mails.forEach(sendMail)', ''],
  ]),
  ...guardsOf('core/auth/staff.ts', trail, [
    [
      'staff: reads have an event of their own',
      "'impersonation.read' :",
      "'impersonation.acted' :",
    ],
  ]),
  ...guardsOf('core/auth/staff-sign-in.ts', signIn, [
    ['staff: a password is asked for', 'person === null || !isRight ?', 'person === null ?'],
    ['staff: a code is asked for', '|| step === undefined) {', '|| code === undefined) {'],
    [
      'staff: who was removed is out',
      '${normalEmail(email)} and removed_at is null`))',
      '${normalEmail(email)} order by created_at limit 1`))',
    ],
    ['staff: a code opens once', 'and (totp_last_step is null or totp_last_step < ${step})', ''],
    ['staff: a password is good for a year', 'passwordDays * dayMs', '2 * passwordDays * dayMs'],
    [
      'staff: passwords have rules',
      'requirePassword(next,',
      'void [requirePassword] && (() => {})(next,',
    ],
    [
      'staff: the new password is another one',
      'if (await hasher.verify(next, person.passwordHash)) {',
      'if (next === undefined) {',
    ],
    [
      'staff: a new password ends the sessions',
      'await endStaffSessions(tx, person.id)\n',
      '\n',
    ],
    [
      'staff: who guesses is slowed down',
      'await throttle.take({',
      'await (() => async () => {})({',
    ],
    [
      'staff: who guesses codes is slowed down',
      'await throttle.takeAgain(superAdminId)',
      'async () => {}',
    ],
    ['staff: a session that was left is over', 'and t.revoked_at is null\n', '\n'],
    [
      'staff: twelve hours are twelve hours',
      'and t.expires_at > clock_timestamp() and a.removed_at',
      'and a.removed_at',
    ],
  ]),
  ...guardsOf('migrations/0012_staff.sql', states, [
    [
      'staff: states move forward',
      "'REQUESTED APPROVED', 'REQUESTED DENIED',",
      "'REQUESTED APPROVED', 'REQUESTED DENIED', 'DENIED APPROVED', 'REQUESTED LIVE',",
    ],
    ['staff: it is what was asked for', 'new.minutes > old.minutes or ', ''],
    [
      'staff: it begins as a request',
      "if new.state <> 'REQUESTED' and (new.state <> 'APPROVED' or new.consent <> 'NOTIFY') then",
      "if new.state = 'DENIED' then",
    ],
    ['staff: two are two', 'and decided_by_super_admin_id <> super_admin_id),', '),'],
    [
      'staff: nobody lets themselves in',
      "state not in ('APPROVED', 'LIVE') or consent = 'NOTIFY'",
      'true',
    ],
    [
      'staff: a living session starts it',
      'and t.revoked_at is null and t.expires_at > v_now and a.removed_at is null',
      '',
    ],
    [
      'staff: their own session starts it',
      'where t.id = new.staff_session_id and t.super_admin_id = new.super_admin_id',
      'where t.id = new.staff_session_id',
    ],
    [
      'staff: two starts at once are counted one after the other',
      "perform pg_advisory_xact_lock(hashtextextended('robnu.live ' || new.super_admin_id, 0));",
      '',
    ],
    [
      'staff: a late request is over',
      "if new.state in ('APPROVED', 'DENIED', 'LIVE') and old.expires_at <= v_now then",
      'if false then',
    ],
    ['staff: an emergency reads only', "consent <> 'EMERGENCY' or mode = 'READ_ONLY'", 'true'],
    ['staff: an hour is an hour', 'minutes between 1 and 60', 'minutes between 1 and 600'],
  ]),
  ...guardsOf('migrations/0012_staff.sql', [...sessions, ...ends], [
    [
      'staff: one live session',
      "where i.super_admin_id = new.super_admin_id and i.state = 'LIVE'",
      'where false and true',
    ],
    [
      'staff: it ends with the session of staff',
      'least(v_now + new.minutes',
      'greatest(v_now + new.minutes',
    ],
  ]),
  ...guardsOf('migrations/0020_staff_gates.sql', database, [
    ['staff: an OWNER or ADMIN decides', "and u.role in ('OWNER', 'ADMIN') ", ''],
    ["staff: it is the scope's person who decides", "where v_actor = 'user:' || u.id and", 'where'],
    [
      'staff: a scope wants a living session',
      'and t.revoked_at is null and t.expires_at > clock_timestamp()\n      and a.removed_at is null',
      '',
    ],
  ]),
  ...guardsOf('migrations/0020_staff_gates.sql', [...sessions, ...ends], [
    [
      'staff: what is decided is decided',
      "and i.state = 'REQUESTED' and i.expires_at",
      'and i.expires_at',
    ],
    ['staff: the yes is for less', 'least(i.minutes, p_minutes)', 'coalesce(p_minutes, i.minutes)'],
  ]),
]
