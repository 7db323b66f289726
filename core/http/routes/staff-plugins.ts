/** Plugins for staff: what ops want of each, and what every process says of it. */
import { z } from '@hono/zod-openapi'
import { type PluginDesk, pluginStates } from '../../queues/plugins.ts'
import { type Route, route } from '../route.ts'
import { Id, listOf, Time, TimeOrNull } from '../schemas.ts'

const State = z.object({
  process: Id,
  parts: z.string().openapi({ description: 'What the process does: `api,worker,sweeps`' }),
  state: z.enum(pluginStates),
  version: z.string().nullable(),
  generation: z.number().int(),
  cause: z.string().nullable().openapi({ description: 'Why it failed, or must be restarted' }),
  since: Time,
  seen_at: Time,
}).openapi('PluginProcess')
const Plugin = z.object({
  id: z.string().openapi({ description: 'Or what the configuration names, where it cannot load' }),
  wanted: z.object({
    enabled: z.boolean(),
    version: z.string(),
    trust: z.enum(['in-process', 'isolated']),
    integrity: z.string().nullable(),
    generation: z.number().int(),
    reason: z.string(),
    changed_at: Time,
    changed_by: z.string(),
  }).nullable().openapi({ description: 'Null while nobody has changed it: see robnu.config.json' }),
  trust: z.enum(['in-process', 'isolated']),
  since: TimeOrNull,
  processes: z.array(State).readonly(),
}).openapi('StaffPlugin')

const at = '2026-01-31T10:15:00.000Z'
const example = {
  id: 'sample',
  wanted: {
    enabled: true,
    version: '1.2.0',
    trust: 'isolated',
    integrity: null,
    generation: 3,
    reason: 'The upgrade of INC-77',
    changed_at: at,
    changed_by: 'system:cli/asha',
  },
  trust: 'isolated',
  since: at,
  processes: [{
    process: '01998f71-0b1c-7d2e-9f30-415263748596',
    parts: 'api,worker,sweeps',
    state: 'failed',
    version: '1.2.0',
    generation: 3,
    cause: 'exited with code 3',
    since: at,
    seen_at: at,
  }],
}

export const staffPluginRoutes = (desk: PluginDesk): readonly Route[] => [
  route({
    method: 'get',
    path: '/v1/staff/plugins',
    permission: 'staff:plugins',
    tag: 'Staff',
    summary: 'List the plugins, what is wanted of each, and how it is in every process',
    answer: listOf(Plugin),
    examples: { answer: { data: [example], page: { next: null } } },
    handle: async (_input, { staff }) => {
      const { wanted, states } = await desk.read(staff)
      const ids = [...new Set([...wanted.map(({ id }) => id), ...states.map((one) => one.plugin)])]
      const data = ids.toSorted().map((id) => {
        const want = wanted.find((one) => one.id === id) ?? null
        const processes = states.filter((one) => one.plugin === id)
        const [first] = processes
        return {
          id,
          wanted: want,
          trust: first?.trust ?? want?.trust ?? 'in-process',
          since: first?.since ?? null,
          processes,
        }
      })
      return { data, page: { next: null } }
    },
  }),
]
