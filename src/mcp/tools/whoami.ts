import { z } from 'zod';
import { ROLES } from '../../oauth/role.js';
import { defineTool, READS } from '../tool.js';

export const whoami = defineTool({
  name: 'whoami',
  title: 'Who am I',
  description:
    'Shows in whose name this connection acts, for which organization, and what it may do. Call it first when unsure.',
  scopes: [],
  annotations: READS,
  input: z.object({}),
  output: z.object({
    user: z.object({ id: z.string(), name: z.string(), email: z.string() }),
    organization: z.object({ id: z.string(), name: z.string(), role: z.enum(ROLES) }),
    scopes: z.array(z.string()),
    access_token_expires_at: z.string(),
  }),
  async run(_, { claims, actor, role, users, organizations }) {
    const user = await users.find(actor.userId);
    const organization = await organizations.find(actor.organizationId);
    const { id, name, email } = user!;
    return {
      text: `You act for ${name} (${email}), who is ${role} of ${organization!.name}.`,
      result: {
        user: { id, name, email },
        organization: { id: organization!.id, name: organization!.name, role },
        scopes: claims.scope.split(' '),
        access_token_expires_at: new Date(claims.exp * 1000).toISOString(),
      },
    };
  },
});
