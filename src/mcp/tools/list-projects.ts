import { z } from 'zod';
import type { Position } from '../../database/repositories/keyset.sql.js';
import { isUuid } from '../../http/uuid.js';
import { defineTool, READS, ToolError } from '../tool.js';
import { describeProject, PROJECT } from './project.js';

const PAGE = 50;

export const listProjects = defineTool({
  name: 'list_projects',
  title: 'List projects',
  description: `Lists the projects of the organization, oldest first, up to ${PAGE} at a time. When next_cursor is present, call again with it.`,
  scopes: ['projects:read'],
  annotations: READS,
  input: z.object({ cursor: z.string().max(100).optional().describe('next_cursor of the answer before') }),
  output: z.object({ projects: z.array(PROJECT), next_cursor: z.string().optional() }),
  async run({ cursor }, { actor, projects }) {
    const found = await projects.list(actor.organizationId, PAGE + 1, positionOf(cursor));
    const page = found.slice(0, PAGE).map(describeProject);
    const last = found.length > PAGE ? found[PAGE - 1] : undefined;
    const next_cursor = last && `${last.position}.${last.id}`;
    const text =
      page.length === 0
        ? 'There are no projects yet. Make one with create_project.'
        : page.map(({ id, name }) => `${name} (${id})`).join('\n');
    return { text, result: { projects: page, ...(next_cursor && { next_cursor }) } };
  },
});

/** Where the page before ended. Not just its last project's id: that one may be deleted by now. Throws `ToolError`. */
function positionOf(cursor: string | undefined): Position | undefined {
  if (cursor === undefined) return undefined;
  const [key, id, ...rest] = cursor.split('.');
  if (!/^\d{1,17}$/.test(key!) || !isUuid(id) || rest.length > 0)
    throw new ToolError('That cursor is not one that list_projects gave. Call it again without one.');
  return { key: key!, id };
}
