import { z } from 'zod';
import { defineTool } from '../tool.js';
import { describeProject, PROJECT, PROJECT_NAME, projectName } from './project.js';

export const createProject = defineTool({
  name: 'create_project',
  title: 'Create a project',
  description:
    'Makes a new project in the organization. Two projects may have the same name: call list_projects first to avoid a duplicate.',
  scopes: ['projects:write'],
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  input: z.object({ name: PROJECT_NAME }),
  output: PROJECT,
  async run({ name }, { actor, projects, clock }) {
    const project = await projects.create(actor, projectName(name), clock.now());
    return { text: `Created ${project.name} (${project.id}).`, result: describeProject(project) };
  },
});
