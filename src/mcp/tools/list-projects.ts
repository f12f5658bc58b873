import { z } from 'zod';
import { defineTool, READS } from '../tool.js';
import { describeProject, PROJECT } from './project.js';

const PAGE = 50;

export const listProjects = defineTool({
  name: 'list_projects',
  title: 'List projects',
  description: `Lists the projects of the organization, oldest first, up to ${PAGE} at a time. When next_cursor is present, call again with it.`,
  scopes: ['projects:read'],
  annotations: READS,
  input: z.object({ cursor: z.uuid().optional().describe('next_cursor of the answer before') }),
  output: z.object({ projects: z.array(PROJECT), next_cursor: z.string().optional() }),
  async run({ cursor }, { actor, projects }) {
    const found = await projects.list(actor.organizationId, PAGE + 1, cursor);
    const page = found.slice(0, PAGE).map(describeProject);
    const next_cursor = found.length > PAGE ? page.at(-1)!.id : undefined;
    const text =
      page.length === 0
        ? 'There are no projects yet. Make one with create_project.'
        : page.map(({ id, name }) => `${name} (${id})`).join('\n');
    return { text, result: { projects: page, ...(next_cursor && { next_cursor }) } };
  },
});
