/** The guards that a request meets before its handler. */
import { type Guard, guardsOf } from './guard.ts'

const matrix = ['tests/http/matrix.test.ts', 'tests/rbac']
const http = [...matrix, 'tests/http/session.test.ts', 'tests/http/cross-site.test.ts']

export const requestGuards: readonly Guard[] = [
  ...guardsOf('core/rbac/guard.ts', matrix, [
    ['guard: a refusal is thrown', 'if (!decision.allowed) throw', 'if (false) throw'],
    ['guard: a limit refuses who heeds none', 'if (decision.limit !== null &&', 'if (false &&'],
    [
      'guard: a read-only session writes nothing',
      'if (writes && readOnly) throw',
      'if (false) throw',
    ],
    [
      'guard: a suspended seller writes nothing',
      "if (writes && sellerStatus !== 'ACTIVE'",
      'if (false',
    ],
    ['guard: one may leave while suspended', '&& !evenSuspended) throw', ') throw'],
  ]),
  ...guardsOf('core/rbac/decide.ts', matrix, [
    ['decide: an unknown permission is a no', 'if (row === undefined) {', 'if (false) {'],
    ['decide: keys have what keys may have', 'if (!row.keys) return', 'if (false) return'],
    ['decide: keys have their scopes', 'return subject.scopes.includes(permission)', 'return true'],
    ['decide: staff have what staff may have', 'return row.staff', 'return true'],
    ['decide: a denial wins', 'if (whole.length > 0) return no(', 'if (false) return no('],
  ]),
  ...guardsOf('core/http/serve.ts', http, [
    [
      'serve: pages of other sites are refused',
      'hasCookie: credential.hasCookie || isPublic',
      'hasCookie: false',
    ],
    [
      'serve: no page signs anybody in',
      'credential.hasCookie || isPublic,',
      'credential.hasCookie,',
    ],
    [
      'serve: staff prove themselves anew',
      'if (route.stepUp === true) requireStaffStepUp',
      'if (false) requireStaffStepUp',
    ],
    ['serve: ten minutes for staff', 'steppedUpAt.getTime() + stepUpMs <=', '0 >'],
    [
      'serve: what staff do in a seller is written down',
      "if (principal.kind === 'impersonator') await",
      'if (false) await',
    ],
    [
      'serve: what staff read is written down',
      "if (route.method === 'get') await deps.staff.record",
      'if (false) await deps.staff.record',
    ],
  ]),
  ...guardsOf('core/http/session.ts', [...http, 'tests/http/revocation.test.ts'], [
    [
      'session: the guard is asked',
      'const accounts = requirePermission(permissions, judged, askOf(route), now())',
      'const accounts = null',
    ],
    [
      'session: people prove themselves anew',
      'if (route.stepUp === true) await requireStepUp',
      'if (false) await requireStepUp',
    ],
    ['session: ten minutes for people', 'at.getTime() + stepUpMs <= now.getTime()', 'false'],
    ['session: writing is not reading', "writes: route.method !== 'get'", 'writes: false'],
    [
      'session: what has changed is judged again',
      '      await reload()\n      admitted = await admit()\n',
      '      await reload()\n',
    ],
    [
      'session: who asks first is confirmed first',
      'if (route.confirmsFirst === true) await reload()',
      '',
    ],
  ]),
  ...guardsOf('core/http/actor.ts', http, [
    [
      'actor: no token, nobody',
      "if (verified === undefined) throw fault('not-signed-in')",
      '',
    ],
    ['actor: no key, nobody', "if (principal === undefined) throw fault('not-signed-in')", ''],
    ['actor: no staff, nobody', "if (found === undefined) throw fault('not-signed-in')", ''],
    [
      'actor: an impersonation that is over is over',
      "if (principal === null) throw fault('impersonation-over')",
      '',
    ],
    [
      'actor: read-only is read-only',
      "readOnly: principal.mode === 'READ_ONLY'",
      'readOnly: false',
    ],
  ]),
  ...guardsOf('core/http/cross-site.ts', ['tests/http/cross-site.test.ts'], [
    [
      'cross-site: the site counts',
      'if (site !== null && !ours.has(site)) throw',
      'if (false) throw',
    ],
    ['cross-site: the origin counts', 'if (from !== null && from !==', 'if (false && from !=='],
    [
      'cross-site: the same site is not the same origin',
      "new Set(['same-origin', 'none'])",
      "new Set(['same-origin', 'same-site', 'none'])",
    ],
    [
      'cross-site: only reading is safe',
      "new Set(['GET', 'HEAD'])",
      "new Set(['GET', 'HEAD', 'DELETE'])",
    ],
  ]),
]
