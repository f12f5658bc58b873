import { z } from 'zod';
import { defineTool, READS } from '../tool.js';
import { describeProject, noSuchProject, PROJECT, PROJECT_ID } from './project.js';

export const getProject = defineTool({
  name: 'get_project',
  title: 'Get a project',
  description: 'Shows one project of the organization.',
  scopes: ['projects:read'],
  annotations: READS,
  input: z.object({ project_id: PROJECT_ID }),
  output: PROJECT,
  async run({ project_id }, { actor, projects }) {
    const project = await projects.find(actor.organizationId, project_id);
    if (!project) throw noSuchProject();
    return {
      text: `${project.name} (${project.id}), made ${project.createdAt.toISOString()}`,
      result: describeProject(project),
    };
  },
});
