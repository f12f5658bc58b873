import { z } from 'zod';
import { ROLES } from '../../oauth/role.js';
import { defineTool, READS } from '../tool.js';

export const getOrganization = defineTool({
  name: 'get_organization',
  title: 'Get the organization',
  description:
    'Shows the organization this connection is for. It is always the one that was chosen when connecting; to work on another, the person connects again.',
  scopes: ['organization:read'],
  annotations: READS,
  input: z.object({}),
  output: z.object({
    id: z.string(),
    name: z.string(),
    your_role: z.enum(ROLES),
    members: z.number().int(),
    created_at: z.string(),
  }),
  async run(_, { actor, organizations }) {
    const own = await organizations.ownOf(actor.userId, actor.organizationId);
    const { id, name, role, members, createdAt } = own!;
    return {
      text: `${name}: ${members} member(s), your role is ${role}.`,
      result: { id, name, your_role: role, members, created_at: createdAt.toISOString() },
    };
  },
});
